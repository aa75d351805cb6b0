import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { smaller } from "../kube/quantity.ts";

/** What the jobs of one person may use together. */
export interface BatchSize {
  /** Cores, as a Kubernetes quantity. */
  cpu: string;
  memory: string;
  /** Size of all volume claims. */
  storage: string;
  /** Pods at a time; finished ones don't count. */
  pods: number;
}

type Quota = k8s.types.input.core.v1.ResourceQuotaSpec;

/**
 * Quotas by name, which is what a refusal names: "exceeded quota: batch, requested: …".
 * Pods of another class, or of none, find no room at all, so that nobody's job runs as more
 * urgent than it is. Volumes are counted apart: a quota for a class counts pods alone.
 */
export function batchQuotas(
  size: BatchSize,
  priorityClass: pulumi.Input<string>,
): Record<"batch" | "other-classes" | "volumes", Quota> {
  const pods = (operator: "In" | "NotIn"): Quota["scopeSelector"] => ({
    matchExpressions: [{ scopeName: "PriorityClass", operator, values: [priorityClass] }],
  });
  return {
    batch: {
      hard: {
        "requests.cpu": size.cpu,
        "requests.memory": size.memory,
        "limits.cpu": size.cpu,
        "limits.memory": size.memory,
        pods: String(size.pods),
      },
      scopeSelector: pods("In"),
    },
    "other-classes": { hard: { pods: "0" }, scopeSelector: pods("NotIn") },
    volumes: {
      hard: { "requests.storage": size.storage, "services.nodeports": "0", "services.loadbalancers": "0" },
    },
  };
}

/** What a container gets that doesn't say: a core and 1Gi, or all there is where that is less. */
export function batchLimitRange(size: BatchSize): k8s.types.input.core.v1.LimitRangeSpec {
  const usual = { cpu: smaller("1", size.cpu), memory: smaller("1Gi", size.memory) };
  return {
    limits: [{ type: "Container", default: usual, defaultRequest: usual, max: { cpu: size.cpu, memory: size.memory } }],
  };
}
