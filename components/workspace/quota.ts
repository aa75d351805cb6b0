import type * as k8s from "@pulumi/kubernetes";
import { multiply } from "../quantity.ts";
import type { WorkspaceSize } from "./presets.ts";

type Size = WorkspaceSize & { reserved: { cpu: string; memory: string } };

/**
 * All that the namespace of a workspace may hold: its pod twice, since a killed pod counts
 * until it is gone and its successor must not wait for that; its volume once; nothing
 * that listens outside the cluster. Of an app, one pod more than it has, for the same reason.
 */
export function quotaSpec(size: Size, { pods, volumes } = { pods: 2, volumes: 1 }): k8s.types.input.core.v1.ResourceQuotaSpec {
  return {
    hard: {
      "requests.cpu": multiply(size.reserved.cpu, pods),
      "requests.memory": multiply(size.reserved.memory, pods),
      "limits.cpu": multiply(size.cpu, pods),
      "limits.memory": multiply(size.memory, pods),
      "requests.storage": size.storage,
      persistentvolumeclaims: String(volumes),
      pods: String(pods),
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
