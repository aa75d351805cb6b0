import { openEngine } from "../open-engine.ts";
import { atWork, backupJobs, jobName, taskOf } from "../backup/jobs.ts";
import { resumeAbandoned } from "../backup/stopped.ts";
import { unread } from "../backup/unread.ts";
import { volumesNamed } from "../backup/volumes.ts";
import { UserError } from "../../toolchain/errors.ts";
import { withKubectl, type Kubectl } from "../kubernetes/kubectl.ts";
import { followJob, runJob } from "../kubernetes/run-job.ts";
import { runSteps } from "../../toolchain/progress.ts";
import { stackOutputs, type BackedUpVolume } from "../stack-outputs.ts";

/** Each takes some memory, and most of its time waits for the disk. */
const AT_ONCE = 2;

/** Makes a snapshot of a volume, or of all, and waits for it. */
export async function backupCommand(stack: string, name?: string): Promise<void> {
  const engine = await openEngine(stack);
  const outputs = await stackOutputs(engine);
  const volumes = volumesNamed(outputs, name);
  const warnings: string[] = [];
  await withKubectl(engine.home, outputs.kubeconfig, async (kubectl) => {
    await resumeAbandoned(kubectl, volumes);
    await runSteps(
      volumes.map((volume) => ({
        title: `Back up ${volume.name}`,
        run: async (report: (activity: string) => void) =>
          void warnings.push(...warningOf(volume, await backUp(kubectl, volume, report))),
      })),
      AT_ONCE,
    ).finally(() => process.stdout.write(warnings.join("")));
  });
}

/** Of files that a person closed to themselves there is no snapshot, and there never will be: that is told, and fails nothing. */
function warningOf({ name }: BackedUpVolume, log: string): string[] {
  const lines = unread(log);
  return lines.length === 0
    ? []
    : [`The backup of ${name} lacks what could not be read:\n${lines.map((line) => `  ${line}\n`).join("")}`];
}

/** One that is at work is waited for instead: what it makes is as new. @returns what it printed */
async function backUp(
  kubectl: Kubectl,
  { name, namespace }: BackedUpVolume,
  report: (activity: string) => void,
): Promise<string> {
  const running = atWork(await backupJobs(kubectl, namespace));
  if (running !== undefined && taskOf(running) === "restore")
    throw new UserError("volume-busy", `${name} is being restored. Run this again when that is done.`);
  if (running !== undefined) return followJob(kubectl, namespace, running.metadata.name, report);
  return runJob(kubectl, { namespace, from: "backup", name: jobName("backup-now") }, report);
}
