import type { BackupRoom } from "../../../components/index.ts";
import type { BackupKeys } from "./schema.ts";

/** What the job of each volume takes, beside the pod that has it; false where there is none. */
export function jobRoom({ backup }: BackupKeys): BackupRoom | false {
  return backup !== undefined && { memory: backup.memory, cache: backup.cache };
}
