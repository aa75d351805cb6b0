import type { Component } from "../../images/pod/workload-words.ts";
import type { Probe, StackOutputs } from "../stack-outputs.ts";
import type { Finding } from "./findings.ts";

/** Whether a component's pods answer at the address that is probed. */
export function answersAt(component: Component | undefined, { component: wanted }: Probe): boolean {
  return (
    component !== undefined &&
    component.type === wanted.type &&
    (wanted.name === undefined || component.name === wanted.name)
  );
}

/** What to say of a stack whose outputs name no probes yet. */
export function notProbed({ probes }: StackOutputs): Finding[] {
  if (probes !== undefined) return [];
  return [
    {
      what: "addresses",
      state: "not asked: an earlier version brought the stack up last; the next `npm run up` names them",
      healthy: true,
      warning: true,
      where: "",
    },
  ];
}
