import type { WorkloadName } from "./workloads.ts";

/** A workload that a component of the stack made. */
export interface Declared {
  /** Words for people: "subnet router", "workspace ada". */
  readonly what: string;
  /** Class and name of the component it belongs to; undefined where the program made it outside of any. */
  readonly component?: Component;
  readonly workload: WorkloadName;
}

export interface Component {
  readonly type: string;
  readonly name: string;
}

/** Of these a guild has many, so their names tell them apart; and they are listed last. */
const NAMED = new Set(["Workspace", "App"]);

/** Workloads with the words for each that tell it from the others, in order. */
export function toldApart(found: readonly { workload: WorkloadName; component: Component | undefined }[]): Declared[] {
  return found
    .map(({ workload, component }) => ({
      workload,
      ...(component && { component }),
      what: wordsFor(
        workload,
        component,
        found.map((one) => one.component),
      ),
    }))
    .sort(inOrder);
}

/** A component's class in words, and as much besides as tells this workload from the others. */
function wordsFor(
  workload: WorkloadName,
  component: Component | undefined,
  all: readonly (Component | undefined)[],
): string {
  if (component === undefined) return workload.name;
  const alike = all.filter((other) => other?.type === component.type);
  const isOneOfMany = NAMED.has(component.type) || alike.some((other) => other?.name !== component.name);
  const hasSeveral = alike.filter((other) => other?.name === component.name).length > 1;
  const what = inWords(component.type);
  return [
    what,
    ...(isOneOfMany ? [component.name] : []),
    ...(hasSeveral && workload.name !== what ? [workload.name] : []),
  ].join(" ");
}

/** "SubnetRouter" is "subnet router", "MeshDns" is "mesh DNS". */
export function inWords(type: string): string {
  return type
    .split(/(?=[A-Z])/)
    .map((word) => (word === "Dns" ? "DNS" : word.toLowerCase()))
    .join(" ");
}

function inOrder(a: Declared, b: Declared): number {
  const last = ({ component }: Declared): number =>
    ["", ...NAMED].indexOf(component !== undefined && NAMED.has(component.type) ? component.type : "");
  return last(a) - last(b) || (a.what < b.what ? -1 : 1);
}
