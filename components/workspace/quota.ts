import type * as k8s from "@pulumi/kubernetes";
import { multiply } from "../quantity.ts";
import type { sizeOf } from "./presets.ts";

type Size = ReturnType<typeof sizeOf>;

/**
 * All that the namespace of a workspace may hold: its pod twice, since a killed pod counts
 * until it is gone and its successor must not wait for that; its volume once; nothing
 * that listens outside the cluster.
 */
export function quotaSpec(size: Size): k8s.types.input.core.v1.ResourceQuotaSpec {
  return {
    hard: {
      "requests.cpu": multiply(size.reserved.cpu, 2),
      "requests.memory": multiply(size.reserved.memory, 2),
      "limits.cpu": multiply(size.cpu, 2),
      "limits.memory": multiply(size.memory, 2),
      "requests.storage": size.storage,
      persistentvolumeclaims: "1",
      pods: "2",
      "services.nodeports": "0",
      "services.loadbalancers": "0",
    },
  };
}

/** A container that says nothing gets the workspace's own size, and none gets more. */
export function limitRangeSpec(size: Size): k8s.types.input.core.v1.LimitRangeSpec {
  return {
    limits: [{
      type: "Container",
      default: { cpu: size.cpu, memory: size.memory },
      defaultRequest: { cpu: size.reserved.cpu, memory: size.reserved.memory },
      max: { cpu: size.cpu, memory: size.memory },
    }],
  };
}
