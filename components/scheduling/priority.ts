/** How urgent a pod is to the scheduler, the most urgent first. */
export const priorities = ["platform", "interactive", "batch"] as const;
export type Priority = (typeof priorities)[number];

/** What a PriorityClass says besides its name. */
export interface PrioritySpec {
  /** Higher goes first; a pod that names no class has 0, and Kubernetes' own classes begin at 2,000,000,000. */
  value: number;
  /** Whether a pod that finds no room may end less urgent ones to get it. */
  preemptionPolicy: "PreemptLowerPriority" | "Never";
  description: string;
}

/**
 * Batch stands below pods that name no class, so that it yields to those of others on a
 * shared cluster as well, and above -10, where the cluster autoscaler takes pods for ones
 * that nobody waits for and adds no node for them (its `--expendable-pods-priority-cutoff`).
 */
export const prioritySpecs: Record<Priority, PrioritySpec> = {
  platform: {
    value: 1_000_000,
    preemptionPolicy: "PreemptLowerPriority",
    description:
      "What the whole guild stands on: portal, storage, registry. May end workspaces and batch jobs to get room.",
  },
  interactive: {
    value: 100_000,
    preemptionPolicy: "PreemptLowerPriority",
    description: "What a person waits for: workspaces and apps. May end batch jobs to get room.",
  },
  batch: {
    value: -1,
    preemptionPolicy: "Never",
    description: "What can wait: jobs. Ends nothing, and is ended where something more urgent needs the room.",
  },
};

/** Name of a class in the cluster, where classes of others have names too. */
export function priorityClassName(priority: Priority): string {
  return `guildnet-${priority}`;
}
