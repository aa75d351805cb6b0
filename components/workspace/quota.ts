import type * as k8s from "@pulumi/kubernetes";
import { backupSize } from "../platform/backup-size.ts";
import { larger, multiply, plus } from "../quantity.ts";
import type { WorkspaceSize } from "./presets.ts";

type Size = WorkspaceSize & { reserved: { cpu: string; memory: string } };

/**
 * All that the namespace of a workspace may hold: its pod twice, since a killed pod counts
 * until it is gone and its successor must not wait for that; its volume once; nothing
 * that listens outside the cluster. Of an app, one pod more than it has, for the same reason.
 * With `backup`, the job that backs it up as well.
 */
export function quotaSpec(size: Size, { pods = 2, volumes = 1, backup = false } = {}): k8s.types.input.core.v1.ResourceQuotaSpec {
  const besides = (value: string, job: string, unit: "cores" | "bytes") => (backup ? plus(multiply(value, pods), job, unit) : multiply(value, pods));
  return {
    hard: {
      "requests.cpu": besides(size.reserved.cpu, backupSize.reserved.cpu, "cores"),
      "requests.memory": besides(size.reserved.memory, backupSize.reserved.memory, "bytes"),
      "limits.cpu": besides(size.cpu, backupSize.cpu, "cores"),
      "limits.memory": besides(size.memory, backupSize.memory, "bytes"),
      "requests.storage": size.storage,
      persistentvolumeclaims: String(volumes),
      pods: String(backup ? pods + 1 : pods),
      "services.nodeports": "0",
      "services.loadbalancers": "0",
    },
  };
}

/** A container that says nothing gets the workspace's own size, and none gets more; but a backup's job what it needs. */
export function limitRangeSpec(size: Size, { backup = false } = {}): k8s.types.input.core.v1.LimitRangeSpec {
  return {
    limits: [{
      type: "Container",
      default: { cpu: size.cpu, memory: size.memory },
      defaultRequest: { cpu: size.reserved.cpu, memory: size.reserved.memory },
      max: backup ? { cpu: larger(size.cpu, backupSize.cpu), memory: larger(size.memory, backupSize.memory) } : { cpu: size.cpu, memory: size.memory },
    }],
  };
}
