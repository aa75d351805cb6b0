import type * as k8s from "@pulumi/kubernetes";
import type { Companion, PodRoom } from "../kube/attachment.ts";
import { larger, multiply, plus } from "../kube/quantity.ts";
import type { WorkspaceSize } from "./presets.ts";

type Size = WorkspaceSize & { reserved: { cpu: string; memory: string } };

/** Of a pod with companions, all of its containers together. */
export function withCompanions(size: Size, companions: readonly Companion[]): Size {
  return companions.reduce<Size>(
    (sum, { size: { cpu, memory, reserved } }) => ({
      ...sum,
      cpu: plus(sum.cpu, cpu, "cores"),
      memory: plus(sum.memory, memory, "bytes"),
      reserved: {
        cpu: plus(sum.reserved.cpu, reserved.cpu, "cores"),
        memory: plus(sum.reserved.memory, reserved.memory, "bytes"),
      },
    }),
    size,
  );
}

/**
 * All that the namespace of a workspace may hold: its pod twice, since a killed pod counts
 * until it is gone and its successor must not wait for that; its volume once; nothing
 * that listens outside the cluster. Of an app, one pod more than it has, for the same reason.
 * What runs beside it has room as well.
 */
export function quotaSpec(
  size: Size,
  { pods = 2, volumes = 1, beside = [] }: { pods?: number; volumes?: number; beside?: readonly PodRoom[] } = {},
): k8s.types.input.core.v1.ResourceQuotaSpec {
  const all = (value: string, more: readonly string[], unit: "cores" | "bytes") =>
    more.reduce((sum, each) => plus(sum, each, unit), multiply(value, pods));
  return {
    hard: {
      "requests.cpu": all(
        size.reserved.cpu,
        beside.map(({ reserved }) => reserved.cpu),
        "cores",
      ),
      "requests.memory": all(
        size.reserved.memory,
        beside.map(({ reserved }) => reserved.memory),
        "bytes",
      ),
      "limits.cpu": all(
        size.cpu,
        beside.map(({ cpu }) => cpu),
        "cores",
      ),
      "limits.memory": all(
        size.memory,
        beside.map(({ memory }) => memory),
        "bytes",
      ),
      "requests.storage": size.storage,
      persistentvolumeclaims: String(volumes),
      pods: String(pods + beside.length),
      "services.nodeports": "0",
      "services.loadbalancers": "0",
    },
  };
}

/** A container that says nothing gets the workspace's own size, and none gets more; but what runs beside it what it needs. */
export function limitRangeSpec(
  size: Size,
  { beside = [] }: { beside?: readonly PodRoom[] } = {},
): k8s.types.input.core.v1.LimitRangeSpec {
  return {
    limits: [
      {
        type: "Container",
        default: { cpu: size.cpu, memory: size.memory },
        defaultRequest: { cpu: size.reserved.cpu, memory: size.reserved.memory },
        max: {
          cpu: beside.reduce((most, { cpu }) => larger(most, cpu), size.cpu),
          memory: beside.reduce((most, { memory }) => larger(most, memory), size.memory),
        },
      },
    ],
  };
}
