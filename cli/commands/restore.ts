import { openEngine } from "../open-engine.ts";
import { jobName } from "../backup/jobs.ts";
import { assertFits, parseRoom, type Room } from "../backup/room.ts";
import { ownSnapshots, parseSnapshots, snapshotTable, type Snapshot } from "../backup/snapshots.ts";
import { assertIdle, resumeAbandoned, whileStopped } from "../backup/stopped.ts";
import { volumesNamed } from "../backup/volumes.ts";
import { UserError } from "../../toolchain/errors.ts";
import { lastLines } from "../../toolchain/log.ts";
import { withKubectl, type Kubectl } from "../kubernetes/kubectl.ts";
import { runJob } from "../kubernetes/run-job.ts";
import { runSteps } from "../../toolchain/progress.ts";
import { stackOutputs, type BackedUpVolume } from "../stack-outputs.ts";

export interface RestoreOptions {
  /** Id of a snapshot, or "latest". */
  readonly snapshot: string;
  readonly list?: boolean;
}

type Report = (activity: string) => void;

/** Brings a volume's files back, or shows which backups there are. */
export async function restoreCommand(
  stack: string,
  name: string,
  { snapshot, list = false }: RestoreOptions,
): Promise<void> {
  const engine = await openEngine(stack);
  const outputs = await stackOutputs(engine);
  const [volume] = volumesNamed(outputs, name);
  if (volume === undefined) throw new Error(`there is no volume ${name}`);
  await withKubectl(engine.home, outputs.kubeconfig, async (kubectl) => {
    await resumeAbandoned(kubectl, [volume]);
    const { snapshots, room } = await step(`Look for backups of ${name}`, (report) => look(kubectl, volume, report));
    if (list) {
      process.stdout.write(
        snapshots.length === 0 ? `There is no backup of ${name} yet.\n` : `${snapshotTable(snapshots)}\n`,
      );
      return;
    }
    const chosen = choose(name, snapshots, snapshot);
    assertFits(name, chosen, room);
    const title = `Restore ${name} as of ${chosen.time.slice(0, 16).replace("T", " ")} UTC`;
    // An `up` meanwhile would start again what is stopped.
    const told = await engine.alone("restore", () => step(title, (report) => restore(kubectl, volume, chosen, report)));
    process.stdout.write(`${name} is as it was. ${told}\n`);
  });
}

/** The snapshot that was asked for. @throws UserError `snapshot-unknown` */
export function choose(name: string, snapshots: readonly Snapshot[], wanted: string): Snapshot {
  const chosen =
    wanted === "latest" ? snapshots[0] : snapshots.find(({ id }) => wanted.length >= 8 && id.startsWith(wanted));
  if (chosen !== undefined) return chosen;
  if (snapshots.length === 0) throw new UserError("snapshot-unknown", `There is no backup of ${name} yet.`);
  throw new UserError(
    "snapshot-unknown",
    `There is no backup ${wanted} of ${name}. There are:\n\n${snapshotTable(snapshots)}`,
  );
}

async function step<T>(title: string, work: (report: Report) => Promise<T>): Promise<T> {
  const results: T[] = [];
  await runSteps([{ title, run: async (report) => void results.push(await work(report)) }], 1);
  return results[0] as T;
}

/** The volume's own snapshots, and the room on it. */
async function look(
  kubectl: Kubectl,
  volume: BackedUpVolume,
  report: Report,
): Promise<{ snapshots: Snapshot[]; room?: Room }> {
  await assertIdle(kubectl, volume);
  try {
    // What it prints is for programs.
    const printed = await job(kubectl, volume.namespace, { ACTION: "list" }, (activity) =>
      report(/^[[{]/.test(activity) ? "" : activity),
    );
    return { snapshots: ownSnapshots(parseSnapshots(printed), volume), room: parseRoom(printed) };
  } catch (error) {
    // Nobody has made one yet.
    if (error instanceof UserError && error.message.includes("repository does not exist")) return { snapshots: [] };
    throw error;
  }
}

/** @returns what became of the files that were there */
async function restore(kubectl: Kubectl, volume: BackedUpVolume, { id }: Snapshot, report: Report): Promise<string> {
  const ignore = (): void => {};
  // A Ctrl-C ends the kubectl that is at work, and so this, but not before all is started again.
  process.on("SIGINT", ignore);
  try {
    return await whileStopped(kubectl, volume, report, async () => {
      let told = "";
      for (const claim of volume.claims ?? [undefined])
        told = lastLines(await job(kubectl, volume.namespace, { SNAPSHOT: id }, report, claim), 1);
      return told;
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}

/**
 * Runs a job of the template and removes it: what it did is told here.
 * @param claim of the volume, where it is another than the template's
 */
async function job(
  kubectl: Kubectl,
  namespace: string,
  environment: Record<string, string>,
  report: Report,
  claim?: string,
): Promise<string> {
  const name = jobName("restore-now");
  try {
    return await runJob(kubectl, { namespace, from: "restore", name, environment, claim }, report);
  } finally {
    await kubectl(["delete", "job", name, "--namespace", namespace, "--ignore-not-found"]);
  }
}
