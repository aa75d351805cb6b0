import { Engine } from "../engine/engine.ts";
import { atWork, backupJobs, jobName, taskOf } from "../backup/jobs.ts";
import { volumesNamed } from "../backup/volumes.ts";
import { UserError } from "../errors.ts";
import { withKubectl, type Kubectl } from "../kubernetes/kubectl.ts";
import { followJob, runJob } from "../kubernetes/run-job.ts";
import { runSteps } from "../progress.ts";
import { stackOutputs, type BackedUpVolume } from "../stack-outputs.ts";

/** Each takes some memory, and most of its time waits for the disk. */
const AT_ONCE = 2;

/** Makes a snapshot of a volume, or of all, and waits for it. */
export async function backupCommand(stack: string, name?: string): Promise<void> {
  const engine = await Engine.open(stack);
  const outputs = await stackOutputs(engine);
  const volumes = volumesNamed(outputs, name);
  await withKubectl(engine.home, outputs.kubeconfig, (kubectl) => runSteps(volumes.map((volume) => ({
    title: `Back up ${volume.name}`,
    run: (report: (activity: string) => void) => backUp(kubectl, volume, report),
  })), AT_ONCE));
}

/** One that is at work is waited for instead: what it makes is as new. */
async function backUp(kubectl: Kubectl, { name, namespace }: BackedUpVolume, report: (activity: string) => void): Promise<void> {
  const running = atWork(await backupJobs(kubectl, namespace));
  if (running !== undefined && taskOf(running) === "restore") throw new UserError("volume-busy", `${name} is being restored. Run this again when that is done.`);
  if (running !== undefined) await followJob(kubectl, namespace, running.metadata.name, report);
  else await runJob(kubectl, { namespace, from: "backup", name: jobName("backup-now") }, report);
}
