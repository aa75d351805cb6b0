import { z } from "zod";

/** What keeps pods running, or starts some by the clock. */
export const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet", "CronJob"] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** Where a kind of them is listed, and where it is in its pods' spec. */
export const workloadPaths: Record<WorkloadKind, string> = {
  Deployment: "/apis/apps/v1/deployments",
  StatefulSet: "/apis/apps/v1/statefulsets",
  DaemonSet: "/apis/apps/v1/daemonsets",
  CronJob: "/apis/batch/v1/cronjobs",
};

/** A workload by its name. */
export interface WorkloadName {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

export interface Health {
  /** In a few words: "1/1 ready". */
  readonly state: string;
  /** "stopped" where it is asked to run no pod at all. */
  readonly condition: "well" | "ill" | "stopped";
}

/** Whether it is well, and how it is in words, where nobody but the stack starts and stops it. */
export function inService({ state, condition }: Health): { state: string; healthy: boolean } {
  return condition === "stopped"
    ? { state: `${state}, though the stack wants it to run`, healthy: false }
    : { state, healthy: condition === "well" };
}

/** One of them as the API server has it. */
export interface Workload extends Health {
  readonly namespace: string;
  readonly name: string;
  /** Labels of its pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Labels its pods are found by; undefined where they come and go. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Why no pod could be made, in Kubernetes' words. */
  readonly refusal?: string;
}

const labels = z.record(z.string(), z.string()).default({});
const count = z.number().default(0);
const metadata = z.object({ name: z.string(), namespace: z.string(), generation: count });
const template = z.object({ metadata: z.object({ labels }).default({ labels: {} }) });
const selector = z.object({ matchLabels: labels });
const conditions = z
  .array(
    z.object({ type: z.string(), status: z.string(), reason: z.string().default(""), message: z.string().default("") }),
  )
  .default([]);

/** Deployments and StatefulSets call these alike. */
const replicated = z.object({
  metadata,
  spec: z.object({ replicas: z.number().default(1), selector, template }),
  status: z
    .object({ observedGeneration: count, replicas: count, updatedReplicas: count, readyReplicas: count, conditions })
    .prefault({}),
});
const daemonSet = z.object({
  metadata,
  spec: z.object({ selector, template }),
  status: z
    .object({
      observedGeneration: count,
      currentNumberScheduled: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberReady: count,
    })
    .prefault({}),
});
const cronJob = z.object({
  metadata,
  spec: z.object({
    schedule: z.string(),
    suspend: z.boolean().default(false),
    jobTemplate: z.object({ spec: z.object({ template }) }),
  }),
  status: z
    .object({
      active: z.array(z.unknown()).default([]),
      lastScheduleTime: z.string().optional(),
      lastSuccessfulTime: z.string().optional(),
    })
    .prefault({}),
});

/** Reads an object of a list. */
export function workloadOf(kind: WorkloadKind, object: unknown): Workload {
  switch (kind) {
    case "Deployment":
    case "StatefulSet":
      return ofReplicas(replicated.parse(object));
    case "DaemonSet":
      return ofNodes(daemonSet.parse(object));
    case "CronJob":
      return ofClock(cronJob.parse(object));
  }
}

function ofReplicas({ metadata: { name, namespace, generation }, spec, status }: z.infer<typeof replicated>): Workload {
  const seen = {
    isSeen: status.observedGeneration >= generation,
    wanted: spec.replicas,
    updated: status.updatedReplicas,
    ready: status.readyReplicas,
    all: status.replicas,
  };
  const refused = status.conditions.find(({ type, status: held }) => type === "ReplicaFailure" && held === "True");
  return {
    name,
    namespace,
    podLabels: spec.template.metadata.labels,
    selector: spec.selector.matchLabels,
    ...(spec.replicas === 0 ? { state: "stopped", condition: "stopped" as const } : rolledOut(seen)),
    ...(refused && { refusal: `${refused.reason}: ${refused.message}` }),
  };
}

function ofNodes({ metadata: { name, namespace, generation }, spec, status }: z.infer<typeof daemonSet>): Workload {
  const wanted = status.desiredNumberScheduled;
  const seen = {
    isSeen: status.observedGeneration >= generation,
    wanted,
    updated: status.updatedNumberScheduled,
    ready: status.numberReady,
    all: status.currentNumberScheduled,
  };
  return {
    name,
    namespace,
    podLabels: spec.template.metadata.labels,
    selector: spec.selector.matchLabels,
    ...(seen.isSeen && wanted === 0 ? { state: "no node runs it", condition: "ill" as const } : rolledOut(seen)),
  };
}

/** As `kubectl rollout status` takes it: all pods that are wanted are of the latest kind and ready, and no older one is left. */
function rolledOut({
  isSeen,
  wanted,
  updated,
  ready,
  all,
}: {
  isSeen: boolean;
  wanted: number;
  updated: number;
  ready: number;
  all: number;
}): Health {
  const isChanged = isSeen && updated >= wanted && all <= wanted;
  const state = `${ready}/${wanted} ready${isChanged ? "" : ", a change is under way"}`;
  return { state, condition: isChanged && ready >= wanted ? "well" : "ill" };
}

/** By its last run: that one counts. */
function ofClock({ metadata: { name, namespace }, spec, status }: z.infer<typeof cronJob>): Workload {
  const { active, lastScheduleTime: begun, lastSuccessfulTime: done } = status;
  const health = (state: string, condition: Health["condition"] = "well"): Workload => ({
    name,
    namespace,
    podLabels: spec.jobTemplate.spec.template.metadata.labels,
    state,
    condition,
  });
  if (spec.suspend) return health("suspended", "stopped");
  if (active.length > 0) return health(`runs since ${begun ?? "now"}`);
  if (begun === undefined) return health(`did not run yet (${spec.schedule})`);
  if (done === undefined || Date.parse(done) < Date.parse(begun))
    return health(`its run of ${begun} did not succeed`, "ill");
  return health(`succeeded at ${done}`);
}
