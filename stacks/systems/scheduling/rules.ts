import type { Broken } from "../../check/broken.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { SchedulingKeys } from "./schema.ts";

/** What is wrong with batch jobs. */
export function schedulingMistakes({ batch, cluster }: SchedulingKeys & ClusterKeys): Broken[] {
  if (batch === undefined) return [];
  if (batch.queue === "kueue" && cluster.kind === "embedded") {
    return [
      {
        paths: [["batch", "queue"], ["cluster"]],
        allowed: 'only with cluster.kind "existing"',
        fix: 'remove it, or write "none": an embedded cluster has no Kueue',
      },
    ];
  }
  const key = (["cpu", "memory"] as const).find(
    (resource) => batch.queue === "none" && batch.together[resource] !== undefined,
  );
  return key === undefined
    ? []
    : [
        {
          paths: [
            ["batch", "together", key],
            ["batch", "queue"],
          ],
          allowed: 'only with batch.queue "kueue"',
          fix: "remove it, or let Kueue start the jobs",
        },
      ];
}
