import { inService, type WorkloadName } from "../../images/pod/workloads.ts";
import type { Observed } from "../cluster/observe.ts";
import type { Answer } from "../https-check.ts";
import { columns } from "../links.ts";
import type { Declared } from "../../images/pod/workload-words.ts";
import type { DeclaredRelease } from "./declared.ts";

/** One line of the report. */
export interface Finding {
  readonly what: string;
  readonly state: string;
  readonly healthy: boolean;
  /** Whether a person should look at it before it becomes ill. */
  readonly warning?: boolean;
  readonly where: string;
}

/** What a published address says. */
export interface Checked {
  readonly url: string;
  readonly answer: Answer;
}

/** The findings as aligned columns; how each is comes last, as that may be long. */
export function report(findings: readonly Finding[]): string {
  return columns(findings.map((finding) => [mark(finding), finding.what, finding.where, oneLine(finding.state)])).join(
    "\n",
  );
}

function mark({ healthy, warning }: Finding): string {
  if (!healthy) return "✖";
  return warning === true ? "!" : "✔";
}

const LONGEST_STATE = 200;

/** Kubernetes' words may be many, and of several lines. */
function oneLine(state: string): string {
  const line = state.replaceAll(/\s+/g, " ");
  return line.length <= LONGEST_STATE ? line : `${line.slice(0, LONGEST_STATE)}…`;
}

/**
 * How a workload of the stack is.
 * @param checked the address it is published at, if any
 * @param leadsTo networks, for a router
 */
export function workloadFinding(
  { what, component, workload }: Declared,
  observed: Observed,
  { checked, leadsTo }: { checked?: Checked; leadsTo?: string } = {},
): Finding {
  const where =
    checked?.url ??
    observed.address ??
    (leadsTo === undefined ? `${workload.namespace}/${workload.name}` : `leads to ${leadsTo}`);
  // People stop their workspaces; whatever else doesn't run was turned off behind the program's back.
  if (observed.condition === "stopped" && component?.type === "Workspace")
    return { what, where, state: observed.state, healthy: true };
  if (observed.condition !== "well" || checked === undefined) return { what, where, ...inService(observed) };
  return addressFinding(what, checked, observed.state);
}

/** How all is that a chart made: what it made to run no pod is well. */
export function releaseFinding(
  { what, namespace }: DeclaredRelease,
  workloads: readonly (WorkloadName & Observed)[],
): Finding {
  const its = workloads.filter((workload) => workload.namespace === namespace),
    ill = its.filter(({ condition }) => condition === "ill");
  const state =
    its.length === 0
      ? "none of its pods are there"
      : ill.map((one) => `${one.name} ${one.state}`).join("; ") || `${its.length} workloads are well`;
  return { what, where: namespace, state, healthy: its.length > 0 && ill.length === 0 };
}

/** @param state how the workload behind it is, where that is known */
export function addressFinding(what: string, { url, answer }: Checked, state?: string): Finding {
  const word = answer.ok ? "answers" : answer.reason;
  return {
    what,
    where: url,
    healthy: answer.ok,
    state: state === undefined ? word : `${state}, ${answer.ok ? "" : "but "}${word}`,
  };
}
