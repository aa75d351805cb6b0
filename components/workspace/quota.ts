import type * as k8s from "@pulumi/kubernetes";
import { roomFor } from "../backup/size.ts";
import type { BackupRoom } from "../backup/size.ts";
import { larger, multiply, plus } from "../kube/quantity.ts";
import type { WorkspaceSize } from "./presets.ts";

type Size = WorkspaceSize & { reserved: { cpu: string; memory: string } };

/**
 * All that the namespace of a workspace may hold: its pod twice, since a killed pod counts
 * until it is gone and its successor must not wait for that; its volume once; nothing
 * that listens outside the cluster. Of an app, one pod more than it has, for the same reason.
 * With `backup`, the job that backs it up as well.
 */
export function quotaSpec(size: Size, { pods = 2, volumes = 1, backup = false }: { pods?: number; volumes?: number; backup?: boolean | BackupRoom } = {}): k8s.types.input.core.v1.ResourceQuotaSpec {
  const job = roomFor(backup);
  const besides = (value: string, more: string | undefined, unit: "cores" | "bytes") => (more === undefined ? multiply(value, pods) : plus(multiply(value, pods), more, unit));
  return {
    hard: {
      "requests.cpu": besides(size.reserved.cpu, job?.reserved.cpu, "cores"),
      "requests.memory": besides(size.reserved.memory, job?.reserved.memory, "bytes"),
      "limits.cpu": besides(size.cpu, job?.cpu, "cores"),
      "limits.memory": besides(size.memory, job?.memory, "bytes"),
      "requests.storage": size.storage,
      persistentvolumeclaims: String(volumes),
      pods: String(job === undefined ? pods : pods + 1),
      "services.nodeports": "0",
      "services.loadbalancers": "0",
    },
  };
}

/** A container that says nothing gets the workspace's own size, and none gets more; but a backup's job what it needs. */
export function limitRangeSpec(size: Size, { backup = false }: { backup?: boolean | BackupRoom } = {}): k8s.types.input.core.v1.LimitRangeSpec {
  const job = roomFor(backup);
  return {
    limits: [{
      type: "Container",
      default: { cpu: size.cpu, memory: size.memory },
      defaultRequest: { cpu: size.reserved.cpu, memory: size.reserved.memory },
      max: job === undefined ? { cpu: size.cpu, memory: size.memory } : { cpu: larger(size.cpu, job.cpu), memory: larger(size.memory, job.memory) },
    }],
  };
}
