import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { clusterQueue } from "./kueue.ts";
import type { QueueBudget } from "./kueue.ts";
import { priorities, priorityClassName, prioritySpecs } from "./priority.ts";
import type { Priority } from "./priority.ts";

export type BatchQueue =
  /** A job's pods start as soon as they fit. */
  | { kind: "none" }
  /** Kueue, which is in the cluster already, holds jobs back until all their pods fit into the budget. */
  | { kind: "kueue"; budget: QueueBudget };

/** What `transform` changes. */
export interface SchedulingChildren {
  platform: k8s.scheduling.v1.PriorityClassArgs;
  interactive: k8s.scheduling.v1.PriorityClassArgs;
  batch: k8s.scheduling.v1.PriorityClassArgs;
  flavor: k8s.apiextensions.CustomResourceArgs;
  queue: k8s.apiextensions.CustomResourceArgs;
}

export interface SchedulingArgs {
  /** Who lets batch jobs start. @default none */
  queue?: BatchQueue;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<SchedulingChildren>;
}

/**
 * Who goes first where there isn't room for all: the platform, then what a person waits
 * for, then jobs. Whoever starts a pod names the class; a pod that names none is outside of
 * this order, and no class is made the cluster's default, which others may rely on.
 */
export class Scheduling extends pulumi.ComponentResource {
  /** Name of each PriorityClass, known once it is there: a pod that names a missing one is refused. */
  readonly classes: Record<Priority, pulumi.Output<string>>;
  /** Name of Kueue's ClusterQueue; undefined without Kueue. */
  readonly clusterQueue?: pulumi.Output<string>;

  constructor(name: string, args: SchedulingArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:Scheduling", name, {}, transformed(name, args.transform, opts));
    const made = priorities.map((priority) => [priority, priorityClass(name, priority, this)] as const);
    this.classes = Object.fromEntries(made) as Record<Priority, pulumi.Output<string>>;
    if (args.queue?.kind === "kueue") this.clusterQueue = clusterQueue(name, args.queue.budget, this);
    this.registerOutputs({ classes: this.classes, clusterQueue: this.clusterQueue });
  }
}

function priorityClass(name: string, priority: Priority, parent: Scheduling): pulumi.Output<string> {
  const made = new k8s.scheduling.v1.PriorityClass(
    `${name}-${priority}`,
    {
      metadata: objectMeta({ name: priorityClassName(priority), labels: appLabels("scheduling") }),
      globalDefault: false,
      ...prioritySpecs[priority],
    },
    { parent },
  );
  return made.metadata.name;
}
