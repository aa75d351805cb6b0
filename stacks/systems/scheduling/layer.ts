import type * as pulumi from "@pulumi/pulumi";
import { BatchSpace, Scheduling } from "../../../components/index.ts";
import type { BatchQueue } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Layer } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import { peopleOf } from "../people/people.ts";
import type { Membership } from "../people/people.ts";
import { schedulingMistakes } from "./rules.ts";
import { schedulingKeys } from "./schema.ts";
import type { SchedulingKeys } from "./schema.ts";

export interface SchedulingGives {
  /** Name of each PriorityClass. */
  classes: Scheduling["classes"];
}

type Reads = SchedulingKeys & ClusterKeys & Membership;

export const scheduling = system({ keys: schedulingKeys, rules: schedulingMistakes, layer: schedulingLayer });

/** Who goes first, and where there are batch jobs, a place for each person's. */
function schedulingLayer(config: Reads, { opts }: ClusterGives): Layer<SchedulingGives, object> {
  const made = new Scheduling("scheduling", { queue: batchQueue(config) }, opts);
  batchSpaces(config, made, opts);
  return { gives: { classes: made.classes }, outputs: {} };
}

function batchSpaces(
  config: Reads,
  { classes, clusterQueue }: Scheduling,
  opts: pulumi.ComponentResourceOptions,
): void {
  if (config.batch === undefined) return;
  const { cpu, memory, storage, pods } = config.batch;
  for (const owner of peopleOf(config)) {
    new BatchSpace(
      `${owner}-batch`,
      { owner, priorityClass: classes.batch, clusterQueue, size: { cpu, memory, storage, pods } },
      opts,
    );
  }
}

/** What lets batch jobs start. */
function batchQueue({ batch }: SchedulingKeys): BatchQueue {
  if (batch?.queue !== "kueue") return { kind: "none" };
  return {
    kind: "kueue",
    budget: { cpu: batch.together.cpu ?? batch.cpu, memory: batch.together.memory ?? batch.memory },
  };
}
