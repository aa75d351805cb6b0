import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/** Which machine a node is on. */
export const machineIdentity = z.object({
  /** A hash of the machine's id; none where the machine has no id, as some containers. */
  id: z.string().optional(),
  /** Its name at that time, for people. */
  host: z.string(),
});
export type MachineIdentity = z.infer<typeof machineIdentity>;

/** Set to a cluster's name, it says that the cluster belongs on this machine from now on. */
export const MOVED_HERE = "GUILDNET_MOVED_HERE";

/**
 * This machine. Its id is hashed with a name of ours, as machine-id(5) asks of whoever shows it to others: the state may be shared.
 *
 * @param path the id's file, which systemd and D-Bus keep.
 */
export function thisMachine(path = "/etc/machine-id"): MachineIdentity {
  const own = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  const known = /^[0-9a-f]{32}$/.test(own);
  return {
    ...(known && { id: createHmac("sha256", own).update("guildnet").digest("hex").slice(0, 32) }),
    host: hostname(),
  };
}

/** Where a node's data is found again: on the same machine, or, where one of the two has no id, under the same host name or wherever the data is. */
export function isSameMachine(one: MachineIdentity, other: MachineIdentity, dataIsHere: boolean): boolean {
  if (one.id !== undefined && other.id !== undefined) return one.id === other.id;
  return dataIsHere || one.host === other.host;
}
