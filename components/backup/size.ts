import type { PodRoom } from "../kube/attachment.ts";
import { smaller } from "../kube/quantity.ts";

/** What a backup's jobs may take; more files take more of both. */
export interface BackupRoom {
  /** Memory, as a Kubernetes quantity. @default "512Mi" */
  memory?: string;
  /** What they remember of the repository while they run. @default "1Gi" */
  cache?: string;
}

/** What a backup's job may use, and what is set aside for it. restic took 110Mi for a small repository. */
export function backupSize({ memory = "512Mi", cache = "1Gi" }: BackupRoom = {}) {
  return { cpu: "1", memory, cache, reserved: { cpu: "10m", memory: smaller("128Mi", memory) } };
}

/** What a namespace has to have room for; nothing where nothing in it is backed up. */
export function roomFor(backup: boolean | BackupRoom = false): PodRoom[] {
  return backup === false ? [] : [backupSize(backup === true ? {} : backup)];
}
