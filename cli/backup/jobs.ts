import type { Kubectl } from "../kubernetes/kubectl.ts";
import { ended, type Job } from "../kubernetes/objects.ts";

/** Which of a volume's jobs. */
export type BackupTask = "backup" | "restore";

const TASK = "app.kubernetes.io/component";

/** Jobs of volumes, the newest first. @param namespace of one volume; all of them where left out */
export async function backupJobs(kubectl: Kubectl, namespace?: string): Promise<Job[]> {
  const where = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
  const { items } = JSON.parse(
    await kubectl(["get", "jobs", ...where, "--selector", "app.kubernetes.io/name=backup", "--output", "json"]),
  ) as { items: Job[] };
  return items.sort((a, b) => (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? ""));
}

export function taskOf({ metadata }: Job): BackupTask {
  return metadata.labels?.[TASK] === "restore" ? "restore" : "backup";
}

/** The one that is at work. */
export function atWork(jobs: readonly Job[]): Job | undefined {
  return jobs.find((job) => ended(job) === undefined);
}

/** A name for a job that a person asked for, other than that of any before. */
export function jobName(task: string, now: number = Date.now()): string {
  return `${task}-${Math.floor(now).toString(36)}`;
}
