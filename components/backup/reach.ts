import { appSelector } from "../kube/labels.ts";
import { toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policy } from "../kube/network-policy.ts";
import { BACKUP_APP } from "./pods.ts";
import type { BackupReach } from "./repository.ts";

/** Out of a volume's jobs: to names, and to where snapshots go. */
export function toTarget(reach: BackupReach): Policy {
  const peer =
    "app" in reach
      ? program(reach.app, reach.namespace)
      : { network: reach.address === undefined ? "0.0.0.0/0" : `${reach.address}/32` };
  return { pods: appSelector(BACKUP_APP), to: [...toDns.to, { peers: [peer], ports: tcp(reach.port) }] };
}

/** In: from the jobs of every namespace to the server. */
export function fromBackups(app: string, port: number): Policy {
  return { pods: appSelector(app), from: [{ peers: [program(BACKUP_APP)], ports: tcp(port) }] };
}
