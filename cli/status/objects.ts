import type { WorkloadName } from "../../images/pod/workloads.ts";
import type { Deviation } from "../drift/deviation.ts";
import type { DriftReport } from "../drift/detect.ts";
import type { Finding } from "./findings.ts";

/**
 * What of the stack's objects is not as the stack left it: policies, quotas and labels have no pods by whose state they
 * would be missed; and what has a word of its own for being ready, and is not.
 * @param workloads that are reported by themselves
 */
export function objectFindings(drift: DriftReport, workloads: readonly WorkloadName[]): Finding[] {
  if ("why" in drift) return [{ what: "objects", state: `not looked at: ${drift.why}`, healthy: false, where: "" }];
  const { objects, deviations, unready = [] } = drift;
  const waiting = unready.map(({ what, why }): Finding => ({
    what,
    state: `not ready: ${why}`,
    healthy: false,
    where: "",
  }));
  if (deviations.length === 0)
    return [{ what: "objects", state: `${objects} as the stack left them`, healthy: true, where: "" }, ...waiting];
  const reported = new Set(workloads.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`));
  const isNews = ({ what, how }: Deviation): boolean => how !== "gone" || !reported.has(what);
  return [
    ...deviations
      .filter(isNews)
      .map(({ what, how }) => ({ what, state: `${how}; \`npm run up\` puts it right`, healthy: false, where: "" })),
    ...waiting,
  ];
}
