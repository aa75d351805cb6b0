import { UserError } from "../../toolchain/errors.ts";
import type { Kubectl } from "../kubernetes/kubectl.ts";
import { ended, lastWords, warning, type Job, type Pod } from "../kubernetes/objects.ts";
import { lastLines } from "../../toolchain/log.ts";
import type { BackedUpVolume, BackupOutput } from "../stack-outputs.ts";
import { backupJobs, taskOf } from "./jobs.ts";
import { isAlive, suspendedBackups } from "./stopped.ts";
import { unread } from "./unread.ts";

/** How the newest backup of one volume is. */
export interface BackupFinding {
  readonly what: string;
  readonly state: string;
  readonly healthy: boolean;
  readonly where: string;
}

/** Never throws for a cluster that is stopped or out of reach: that is a finding. */
export async function backupFindings(kubectl: Kubectl, { volumes, target }: BackupOutput): Promise<BackupFinding[]> {
  try {
    const [all, suspended] = await Promise.all([backupJobs(kubectl), suspendedBackups(kubectl)]);
    const jobs = all.filter((job) => taskOf(job) === "backup");
    return await Promise.all(
      volumes.map(async (volume) => {
        const what = `backup ${volume.name}`,
          restore = suspended.find(({ namespace }) => namespace === volume.namespace);
        if (restore !== undefined) return { what, where: target, ...stateOfRestore(isAlive(restore.by)) };
        const newest = jobs.find((job) => job.metadata.namespace === volume.namespace && ended(job) !== undefined);
        return { what, where: target, ...(await stateOf(kubectl, volume, newest)) };
      }),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ what: "backups", state: lastLines(error.message, 1), healthy: false, where: target }];
  }
}

function stateOfRestore(goesOn: boolean): { state: string; healthy: boolean } {
  return goesOn
    ? { state: "suspended while it is restored", healthy: true }
    : { state: `suspended by a restore that was killed; \`npm run up\` puts that right`, healthy: false };
}

async function stateOf(
  kubectl: Kubectl,
  { namespace }: BackedUpVolume,
  job: Job | undefined,
): Promise<{ state: string; healthy: boolean }> {
  const end = job && ended(job);
  if (job === undefined || end === undefined) return { state: "none yet", healthy: true };
  const at = `${end.at.slice(0, 16).replace("T", " ")} UTC`;
  const text = await kubectl([
    "get",
    "pods",
    "--namespace",
    namespace,
    "--selector",
    `batch.kubernetes.io/job-name=${job.metadata.name}`,
    "--output",
    "json",
  ]);
  const pods = (JSON.parse(text) as { items: Pod[] }).items;
  if (end.ok)
    return {
      state: [
        at,
        ...pods
          .map(warning)
          .filter((each) => each !== undefined)
          .map((each) => `without what could not be read: ${unread(each).join("; ")}`),
      ].join(", "),
      healthy: true,
    };
  const words = pods.map(lastWords).find((each) => each !== undefined);
  return { state: `failed ${at}: ${words === undefined ? end.message : lastLines(words.message, 1)}`, healthy: false };
}
