import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as later } from "node:timers/promises";
import { UserError } from "../../toolchain/errors.ts";
import type { Kubectl } from "../kubernetes/kubectl.ts";
import type { CronJob, Deployment, Pod } from "../kubernetes/objects.ts";
import type { BackedUpVolume } from "../stack-outputs.ts";
import { atWork, backupJobs, taskOf } from "./jobs.ts";

/** On a Deployment or StatefulSet: how many pods it had before it was stopped, in case whoever stopped it is killed. */
const REPLICAS = "guildnet.io/replicas-before-restore";
/** On the CronJob of a volume's backups: which process has suspended it, for the same case. */
const SUSPENDED = "guildnet.io/suspended-by";
/** The CronJob of that name in a volume's namespace. */
const BACKUPS = ["cronjob", "backup"];
const LOOK_EVERY_MS = 500;
const STOPPED_WITHIN_MS = 180_000;
const STARTED_WITHIN = "300s";

type Report = (activity: string) => void;

/**
 * Runs `work` while nothing uses a volume and no backup of it begins, which would find it half restored. Starts again what
 * was stopped, also after a failure; what a run that was killed left so, `resumeAbandoned` puts right.
 * @throws UserError `volume-busy`, `volume-in-use`
 */
export async function whileStopped<T>(
  kubectl: Kubectl,
  volume: BackedUpVolume,
  report: Report,
  work: () => Promise<T>,
): Promise<T> {
  const { namespace } = volume,
    target = targetOf(volume);
  const { metadata, spec } = JSON.parse(await kubectl(["get", ...target, "--output", "json"])) as Deployment;
  const replicas = Number(metadata.annotations?.[REPLICAS] ?? spec.replicas ?? 1);
  await assertNoOther(kubectl, volume);
  report(`stopping ${volume.name}`);
  try {
    await setSuspended(kubectl, namespace, true, `${process.pid}@${hostname()}`);
    // One that began before.
    await assertIdle(kubectl, volume);
    await kubectl(["annotate", "--overwrite", ...target, `${REPLICAS}=${replicas}`]);
    await kubectl(["scale", ...target, "--replicas", "0"]);
    await untilStopped(kubectl, volume, spec.selector.matchLabels);
    return await work();
  } finally {
    report(`starting ${volume.name}`);
    if ((await resume(kubectl, volume)) > 0)
      await kubectl(["rollout", "status", ...target, "--timeout", STARTED_WITHIN]);
  }
}

/** @throws UserError `volume-busy` while a job is at work on it */
export async function assertIdle(kubectl: Kubectl, { name, namespace }: BackedUpVolume): Promise<void> {
  const running = atWork(await backupJobs(kubectl, namespace));
  if (running === undefined) return;
  throw new UserError(
    "volume-busy",
    `${name} is being ${taskOf(running) === "backup" ? "backed up" : "restored"} by the job ${running.metadata.name}. Run this again when that is done.`,
  );
}

/**
 * Starts again what a restore had stopped that was killed; not while its job is still at work in the cluster.
 * @returns names of the volumes it was done for
 */
export async function resumeAbandoned(kubectl: Kubectl, volumes: readonly BackedUpVolume[]): Promise<string[]> {
  const abandoned = (await suspendedBackups(kubectl)).filter(({ by }) => !isAlive(by));
  const found = volumes.filter((volume) => abandoned.some(({ namespace }) => namespace === volume.namespace));
  const resumed: string[] = [];
  for (const volume of found) {
    if (atWork(await backupJobs(kubectl, volume.namespace)) !== undefined) continue;
    await resume(kubectl, volume);
    resumed.push(volume.name);
  }
  return resumed;
}

/** Volumes that a restore has to itself: one that goes on, or one that was killed and has a job that goes on. */
export async function heldVolumes(kubectl: Kubectl, volumes: readonly BackedUpVolume[]): Promise<BackedUpVolume[]> {
  const suspended = await suspendedBackups(kubectl);
  return volumes.filter((volume) => suspended.some(({ namespace }) => namespace === volume.namespace));
}

/** Where backups are suspended for a restore, and by which process. It is the name that counts: an `up` of an earlier version let them go on, and nothing else. */
export async function suspendedBackups(kubectl: Kubectl): Promise<{ namespace: string; by: string }[]> {
  const { items } = JSON.parse(
    await kubectl([
      "get",
      "cronjobs",
      "--all-namespaces",
      "--selector",
      "app.kubernetes.io/name=backup",
      "--output",
      "json",
    ]),
  ) as { items: CronJob[] };
  return items.flatMap(({ metadata }) => {
    const by = metadata.annotations?.[SUSPENDED];
    return by === undefined ? [] : [{ namespace: metadata.namespace ?? "", by }];
  });
}

/** Whether the restore of a process "pid@host" goes on; of another machine that is taken to be so. */
export function isAlive(process_: string): boolean {
  const [pid = "", host] = process_.split("@");
  if (host !== hostname()) return true;
  try {
    // Since a restart of the machine the number may be another's.
    return existsSync("/proc/self")
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("restore")
      : process.kill(Number(pid), 0);
  } catch (error) {
    // Else it is there, and somebody else's.
    return !["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** What another restore has stopped is its own to start again. */
async function assertNoOther(kubectl: Kubectl, { name, namespace }: BackedUpVolume): Promise<void> {
  const other = (await suspendedBackups(kubectl)).find((each) => each.namespace === namespace);
  if (other !== undefined)
    throw new UserError(
      "volume-busy",
      `${name} is being restored by process ${other.by}. Run this again when that is done.`,
    );
}

function setSuspended(kubectl: Kubectl, namespace: string, suspended: boolean, by: string | null): Promise<string> {
  const patch = { metadata: { annotations: { [SUSPENDED]: by } }, spec: { suspend: suspended } };
  return kubectl(["patch", ...BACKUPS, "--namespace", namespace, "--type", "merge", "--patch", JSON.stringify(patch)]);
}

/** What has it, as kubectl names it. */
function targetOf({ kind, deployment, namespace }: BackedUpVolume): string[] {
  return [kind === undefined ? "deployment" : kind.toLowerCase(), deployment, "--namespace", namespace];
}

/** @returns how many pods it had, and has again soon; 0 where it was not stopped */
async function resume(kubectl: Kubectl, volume: BackedUpVolume): Promise<number> {
  const { namespace } = volume,
    target = targetOf(volume);
  const { metadata } = JSON.parse(await kubectl(["get", ...target, "--output", "json"])) as Deployment;
  const replicas = metadata.annotations?.[REPLICAS];
  if (replicas !== undefined) {
    await kubectl(["scale", ...target, "--replicas", replicas]);
    await kubectl(["annotate", ...target, `${REPLICAS}-`]);
  }
  await setSuspended(kubectl, namespace, false, null);
  return Number(replicas ?? 0);
}

/**
 * Waits until no pod can write any more. One that failed or was evicted stays for good, as long as nobody deletes it, and
 * writes nothing.
 */
async function untilStopped(
  kubectl: Kubectl,
  { name, namespace }: BackedUpVolume,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const giveUp = Date.now() + STOPPED_WITHIN_MS;
  for (;;) {
    const { items } = JSON.parse(
      await kubectl(["get", "pods", "--namespace", namespace, "--selector", selector, "--output", "json"]),
    ) as { items: Pod[] };
    const dead = items.filter(hasEnded).map(({ metadata }) => metadata.name),
      living = items.filter((pod) => !hasEnded(pod));
    if (dead.length > 0)
      await kubectl(["delete", "pods", ...dead, "--namespace", namespace, "--ignore-not-found", "--wait=false"]);
    if (living.length === 0) return;
    if (Date.now() > giveUp) {
      throw new UserError(
        "volume-in-use",
        `${name} is still used by ${living.map(({ metadata }) => metadata.name).join(", ")}, which did not stop within ${STOPPED_WITHIN_MS / 1000} seconds. Nothing was restored.`,
      );
    }
    await later(LOOK_EVERY_MS);
  }
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}
