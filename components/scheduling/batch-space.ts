import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { appLabels, label, objectMeta, podSecurityLabels, unawaited } from "../kube/labels.ts";
import { denyAll, toDns, toInternet } from "../kube/network-policies.ts";
import { batchLimitRange, batchQuotas } from "./batch-quota.ts";
import type { BatchSize } from "./batch-quota.ts";
import { localQueue } from "./kueue.ts";

export interface BatchSpaceArgs {
  /** Handle of the person whose jobs run in it; the namespace is `batch-<owner>`. */
  owner: string;
  /** PriorityClass that every pod in it must name, usually `Scheduling`'s `classes.batch`. */
  priorityClass: pulumi.Input<string>;
  /** What its jobs may use together. @default 2 cores, 4Gi of memory, 10 pods, no volumes */
  size?: Partial<BatchSize>;
  /** Kueue's ClusterQueue that lets its jobs start, usually `Scheduling`'s. @default none: they start when they fit */
  clusterQueue?: pulumi.Input<string>;
  /** Whether jobs may reach the internet; never private networks. @default true */
  internet?: boolean;
}

/**
 * Where one person's batch jobs run: a namespace in which nothing but batch pods may start,
 * within a budget. Jobs are made by whoever has credentials for the cluster; a workspace has none.
 */
export class BatchSpace extends pulumi.ComponentResource {
  /** Name of its namespace. */
  declare readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: BatchSpaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:BatchSpace", name, {}, opts);
    const namespace = new k8s.core.v1.Namespace(`${name}-namespace`, {
      metadata: objectMeta({
        name: `batch-${args.owner}`,
        labels: { ...appLabels("batch"), ...podSecurityLabels("restricted"), [label.owner]: args.owner, [label.batch]: args.owner },
      }),
    }, { parent: this });
    this.namespace = namespace.metadata.name;
    quotas(name, args, this);
    networkPolicies(name, args.internet ?? true, this);
    defaultAccount(name, this, namespace);
    if (args.clusterQueue !== undefined) localQueue(name, this.namespace, args.clusterQueue, this);
    this.registerOutputs({ namespace: this.namespace });
  }
}

function meta(space: BatchSpace, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: space.namespace, labels: appLabels("batch"), annotations });
}

function quotas(name: string, args: BatchSpaceArgs, parent: BatchSpace): void {
  const size = { cpu: "2", memory: "4Gi", storage: "0", pods: 10, ...args.size };
  for (const [key, spec] of Object.entries(batchQuotas(size, args.priorityClass))) {
    new k8s.core.v1.ResourceQuota(`${name}-quota-${key}`, { metadata: meta(parent, key, unawaited), spec }, { parent });
  }
  new k8s.core.v1.LimitRange(`${name}-limits`, { metadata: meta(parent, "batch"), spec: batchLimitRange(size) }, { parent });
}

function networkPolicies(name: string, internet: boolean, parent: BatchSpace): void {
  const specs = { "deny-all": denyAll(), "to-dns": toDns(), ...(internet ? { "to-internet": toInternet() } : {}) };
  for (const [key, spec] of Object.entries(specs)) {
    new k8s.networking.v1.NetworkPolicy(`${name}-network-${key}`, { metadata: meta(parent, key, accepted({ "no-pods": "it is for the jobs that people start" })), spec }, { parent });
  }
}

/** The account of pods that name none. Kubernetes makes it too, but hands its token to every pod. */
function defaultAccount(name: string, parent: BatchSpace, namespace: k8s.core.v1.Namespace): void {
  new k8s.core.v1.ServiceAccount(`${name}-account`, { metadata: meta(parent, "default"), automountServiceAccountToken: false }, {
    // Deleted alone, it would be made anew at once, and the engine would wait for its end.
    parent, deletedWith: namespace,
  });
}
