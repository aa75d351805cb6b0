import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { label } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import { denyAll, toDns, toInternet } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace } from "../kube/place.ts";
import type { OwnPlace, Place } from "../kube/place.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { batchLimitRange, batchQuotas } from "./batch-quota.ts";
import type { BatchSize } from "./batch-quota.ts";
import { localQueue } from "./kueue.ts";

/** What `transform` changes. */
export interface BatchSpaceChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  [quota: `quota-${string}`]: k8s.core.v1.ResourceQuotaArgs;
  limits: k8s.core.v1.LimitRangeArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  queue: k8s.apiextensions.CustomResourceArgs;
}

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
  /** Changes its children before they are made. @default none */
  transform?: Transforms<BatchSpaceChildren>;
}

/**
 * Where one person's batch jobs run: a namespace in which nothing but batch pods may start,
 * within a budget. Jobs are made by whoever has credentials for the cluster; a workspace has none.
 */
export class BatchSpace extends pulumi.ComponentResource {
  /** Name of its namespace. */
  declare readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: BatchSpaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:BatchSpace", name, {}, transformed(name, args.transform, opts));
    const place = ownNamespace(
      name,
      {
        app: "batch",
        namespace: `batch-${args.owner}`,
        level: "restricted",
        labels: { [label.owner]: args.owner, [label.batch]: args.owner },
      },
      this,
    );
    this.namespace = place.namespace;
    quotas(place, args);
    const reach = {
      "deny-all": denyAll,
      "to-dns": toDns,
      ...((args.internet ?? true) && { "to-internet": toInternet }),
    };
    networkPolicies(place, reach, { annotations: accepted({ "no-pods": "it is for the jobs that people start" }) });
    defaultAccount(place);
    if (args.clusterQueue !== undefined) localQueue(name, this.namespace, args.clusterQueue, this);
    this.registerOutputs({ namespace: this.namespace });
  }
}

function quotas(place: Place, args: BatchSpaceArgs): void {
  const { name, parent } = place;
  const size = { cpu: "2", memory: "4Gi", storage: "0", pods: 10, ...args.size };
  for (const [key, spec] of Object.entries(batchQuotas(size, args.priorityClass))) {
    new k8s.core.v1.ResourceQuota(
      `${name}-quota-${key}`,
      { metadata: metaIn(place, key, unawaited), spec },
      { parent },
    );
  }
  new k8s.core.v1.LimitRange(
    `${name}-limits`,
    { metadata: metaIn(place, "batch"), spec: batchLimitRange(size) },
    { parent },
  );
}

/** The account of pods that name none. Kubernetes makes it too, but hands its token to every pod. */
function defaultAccount(place: OwnPlace): void {
  new k8s.core.v1.ServiceAccount(
    `${place.name}-account`,
    { metadata: metaIn(place, "default"), automountServiceAccountToken: false },
    {
      // Deleted alone, it would be made anew at once, and the engine would wait for its end.
      parent: place.parent,
      deletedWith: place.namespaceResource,
    },
  );
}
