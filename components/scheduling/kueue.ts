import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, label } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";

/** Served since Kueue 0.15. https://kueue.sigs.k8s.io/docs/reference/kueue.v1beta2/ */
const API_VERSION = "kueue.x-k8s.io/v1beta2";
/** The flavor and the queue of the whole guild. */
const NAME = "guildnet";

/** What all admitted jobs may ask for together, as Kubernetes quantities. */
export interface QueueBudget {
  /** Cores. */
  cpu: string;
  memory: string;
}

/**
 * What of jobs may run at a time, in one pool for everybody. The one who asked first goes
 * first; a job that doesn't fit doesn't hold up a smaller one behind it.
 */
export function clusterQueueSpec(budget: QueueBudget, flavor: pulumi.Input<string>) {
  return {
    // Without a selector no namespace may use the queue.
    namespaceSelector: { matchExpressions: [{ key: label.batch, operator: "Exists" }] },
    queueingStrategy: "BestEffortFIFO",
    preemption: { withinClusterQueue: "LowerPriority" },
    resourceGroups: [
      {
        coveredResources: ["cpu", "memory"],
        flavors: [
          {
            name: flavor,
            resources: [
              { name: "cpu", nominalQuota: budget.cpu },
              { name: "memory", nominalQuota: budget.memory },
            ],
          },
        ],
      },
    ],
  };
}

/** Children `<name>-flavor` and `<name>-queue`. Kueue has to be in the cluster already. @returns the queue's name */
export function clusterQueue(name: string, budget: QueueBudget, parent: pulumi.Resource): pulumi.Output<string> {
  const metadata = objectMeta({ name: NAME, labels: appLabels("scheduling") });
  // Nodes of all kinds are one flavor: it names no labels.
  const flavor = new k8s.apiextensions.CustomResource(
    `${name}-flavor`,
    { apiVersion: API_VERSION, kind: "ResourceFlavor", metadata, spec: {} },
    { parent },
  );
  const queue = new k8s.apiextensions.CustomResource(
    `${name}-queue`,
    {
      apiVersion: API_VERSION,
      kind: "ClusterQueue",
      metadata,
      spec: clusterQueueSpec(budget, flavor.metadata.name),
    },
    { parent },
  );
  return queue.metadata.name;
}

/**
 * Child `<name>-queue`. Jobs that name no queue go into the one called "default"
 * (https://kueue.sigs.k8s.io/docs/tasks/manage/enforce_job_management/setup_default_local_queue/).
 */
export function localQueue(
  name: string,
  namespace: pulumi.Input<string>,
  queue: pulumi.Input<string>,
  parent: pulumi.Resource,
): void {
  new k8s.apiextensions.CustomResource(
    `${name}-queue`,
    {
      apiVersion: API_VERSION,
      kind: "LocalQueue",
      metadata: objectMeta({ name: "default", namespace, labels: appLabels("batch") }),
      spec: { clusterQueue: queue },
    },
    { parent },
  );
}
