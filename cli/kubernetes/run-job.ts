import { setTimeout as later } from "node:timers/promises";
import { UserError } from "../../toolchain/errors.ts";
import { lastLines } from "../../toolchain/log.ts";
import type { Kubectl } from "./kubectl.ts";
import { ended, lastWords, waitsFor, type Job, type Pod } from "./objects.ts";

const LOOK_EVERY_MS = 1_000;

export interface JobRun {
  namespace: string;
  /** CronJob whose template it is. */
  from: string;
  /** Of the job. */
  name: string;
  /** Variables of its containers that differ from the template's. */
  environment?: Readonly<Record<string, string>>;
  /** Claim of the one volume that it has of those that outlive it. @default the template's */
  claim?: string;
}

/**
 * Makes a job of a CronJob's template and waits for its end.
 * @param report is told what goes on: why it doesn't start, then the last line it has printed
 * @returns all that it printed
 * @throws UserError `job-failed` with its last lines
 */
export async function runJob(kubectl: Kubectl, run: JobRun, report: (activity: string) => void): Promise<string> {
  const { namespace, from, name, environment = {}, claim } = run;
  const template = JSON.parse(
    await kubectl([
      "create",
      "job",
      name,
      "--namespace",
      namespace,
      "--from",
      `cronjob/${from}`,
      "--dry-run=client",
      "--output",
      "json",
    ]),
  ) as Job;
  await kubectl(
    ["create", "--filename", "-"],
    JSON.stringify(withClaim(withEnvironment(template, environment), claim)),
  );
  return followJob(kubectl, namespace, name, report);
}

/** Waits for the end of a job that is there. */
export async function followJob(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  report: (activity: string) => void,
): Promise<string> {
  for (;;) {
    const job = JSON.parse(await kubectl(["get", "job", name, "--namespace", namespace, "--output", "json"])) as Job;
    const [pod] = await podsOf(kubectl, namespace, name);
    const end = ended(job);
    if (end !== undefined) {
      const log = pod === undefined ? "" : await logOf(kubectl, namespace, pod);
      if (!end.ok) throw new UserError("job-failed", failure(name, end.message, pod, log));
      return log;
    }
    report(pod === undefined ? await whyNoPod(kubectl, namespace, name) : await activity(kubectl, namespace, pod));
    await later(LOOK_EVERY_MS);
  }
}

/** The same job with other values of variables that it has. */
export function withEnvironment(job: Job, environment: Readonly<Record<string, string>>): Job {
  const changed = structuredClone(job);
  for (const container of changed.spec?.template.spec.containers ?? []) {
    for (const variable of container.env ?? []) variable.value = environment[variable.name] ?? variable.value;
  }
  return changed;
}

/** The same job on another volume. */
export function withClaim(job: Job, claim: string | undefined): Job {
  if (claim === undefined) return job;
  const changed = structuredClone(job);
  for (const { persistentVolumeClaim } of changed.spec?.template.spec.volumes ?? [])
    if (persistentVolumeClaim !== undefined) persistentVolumeClaim.claimName = claim;
  return changed;
}

async function podsOf(kubectl: Kubectl, namespace: string, job: string): Promise<Pod[]> {
  return (
    JSON.parse(
      await kubectl([
        "get",
        "pods",
        "--namespace",
        namespace,
        "--selector",
        `batch.kubernetes.io/job-name=${job}`,
        "--output",
        "json",
      ]),
    ) as { items: Pod[] }
  ).items;
}

async function activity(kubectl: Kubectl, namespace: string, pod: Pod): Promise<string> {
  if (pod.status?.phase === "Pending") return waitsFor(pod);
  return lastLines(await printed(kubectl, namespace, pod, "--tail", "1"), 1);
}

/** A pod that may not be is told of in the job's events alone. */
async function whyNoPod(kubectl: Kubectl, namespace: string, job: string): Promise<string> {
  const text = await kubectl([
    "get",
    "events",
    "--namespace",
    namespace,
    "--field-selector",
    `involvedObject.kind=Job,involvedObject.name=${job},type=Warning`,
    "--output",
    "json",
  ]);
  return (JSON.parse(text) as { items: { message?: string }[] }).items.at(-1)?.message ?? "starting";
}

/** Where the pod's first container didn't get to its end, there is no log of the other. */
async function logOf(kubectl: Kubectl, namespace: string, pod: Pod): Promise<string> {
  const started = pod.status?.containerStatuses?.some(({ state }) => state?.terminated !== undefined) ?? false;
  return started ? printed(kubectl, namespace, pod) : "";
}

/** What a pod has printed; nothing where it is gone by now, as those of a job that took too long are. */
async function printed(
  kubectl: Kubectl,
  namespace: string,
  { metadata: { name } }: Pod,
  ...options: string[]
): Promise<string> {
  try {
    return await kubectl(["logs", name, "--namespace", namespace, ...options]);
  } catch (error) {
    if (
      (await kubectl(["get", "pod", name, "--namespace", namespace, "--ignore-not-found", "--output", "name"])) === ""
    )
      return "";
    throw error;
  }
}

function failure(name: string, message: string, pod: Pod | undefined, log: string): string {
  const words = pod && lastWords(pod);
  const said = lastLines(log === "" ? (words?.message ?? "") : log, 12);
  return `The job ${name} failed: ${message}${words === undefined ? "" : ` (exit code ${words.exitCode})`}${said === "" ? "" : `\n\n${said}`}`;
}
