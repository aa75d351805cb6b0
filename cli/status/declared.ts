import type { WorkloadName } from "../cluster/observe.ts";
import { workloadKinds, type WorkloadKind } from "../../images/pod/workloads.ts";
import type { StackState, StateResource } from "../../engine/stack-state.ts";

/** A workload that a component of the stack made. */
export interface Declared {
  /** Words for people: "subnet router", "workspace ada". */
  readonly what: string;
  /** Class and name of the component it belongs to; undefined where the program made it outside of any. */
  readonly component?: Component;
  readonly workload: WorkloadName;
}

export interface Component { readonly type: string; readonly name: string }

const COMPONENT = /^guildnet:index:(\w+)$/;
const WORKLOAD = /^kubernetes:(?:apps|batch)\/v1:(\w+)$/;
/** Of these a guild has many, so their names tell them apart; and they are listed last. */
const NAMED = new Set(["Workspace", "App"]);

/** Told of by their volumes: one job of theirs is a template that never runs by itself. */
const OWN_REPORT = new Set(["Backup"]);

/** Everything in a stack's state that keeps pods running, whichever component declared it: nothing has to be listed here to be reported. */
export function declaredWorkloads({ deployment }: StackState): Declared[] {
  const resources = (deployment.resources ?? []).filter((resource) => resource.delete !== true);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const found = resources.flatMap((resource) => {
    const workload = workloadOf(resource), component = componentOf(resource, byUrn);
    return workload === undefined || OWN_REPORT.has(component?.type ?? "") ? [] : [{ workload, component }];
  });
  return found.map(({ workload, component }) => ({ workload, ...(component && { component }), what: wordsFor(workload, component, found.map((one) => one.component)) })).sort(inOrder);
}

/** What a Helm chart made for a component. Its workloads are in no state: of them the namespace is known alone. */
export interface DeclaredRelease {
  readonly what: string;
  readonly component?: Component;
  readonly namespace: string;
}

const RELEASE = "kubernetes:helm.sh/v3:Release";

/** Every release of a chart in a stack's state. */
export function declaredReleases({ deployment }: StackState): DeclaredRelease[] {
  const resources = (deployment.resources ?? []).filter((resource) => resource.delete !== true);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return resources.filter(({ type }) => type === RELEASE).map((resource) => {
    const { name, namespace } = resource.inputs ?? {}, component = componentOf(resource, byUrn);
    return { what: component === undefined ? String(name) : inWords(component.type), ...(component && { component }), namespace: typeof namespace === "string" ? namespace : "default" };
  });
}

/** The Kubernetes plugin's ids are "namespace/name". */
function workloadOf({ type, id }: StateResource): WorkloadName | undefined {
  const kind = WORKLOAD.exec(type)?.[1];
  if (!isKind(kind) || id === undefined) return undefined;
  const [namespace, name] = id.includes("/") ? id.split("/") : ["default", id];
  return { kind, namespace: namespace ?? "", name: name ?? "" };
}

function isKind(kind: string | undefined): kind is WorkloadKind {
  return (workloadKinds as readonly (string | undefined)[]).includes(kind);
}

/** The nearest of our components above a resource. */
function componentOf({ parent }: StateResource, byUrn: ReadonlyMap<string, StateResource>): Component | undefined {
  const above = parent === undefined ? undefined : byUrn.get(parent);
  if (above === undefined) return undefined;
  const type = COMPONENT.exec(above.type)?.[1];
  return type === undefined ? componentOf(above, byUrn) : { type, name: above.urn.slice(above.urn.lastIndexOf("::") + 2) };
}

/** A component's class in words, and as much besides as tells this workload from the others. */
function wordsFor(workload: WorkloadName, component: Component | undefined, all: readonly (Component | undefined)[]): string {
  if (component === undefined) return workload.name;
  const alike = all.filter((other) => other?.type === component.type);
  const isOneOfMany = NAMED.has(component.type) || alike.some((other) => other?.name !== component.name);
  const hasSeveral = alike.filter((other) => other?.name === component.name).length > 1;
  const what = inWords(component.type);
  return [what, ...(isOneOfMany ? [component.name] : []), ...(hasSeveral && workload.name !== what ? [workload.name] : [])].join(" ");
}

/** "SubnetRouter" is "subnet router", "MeshDns" is "mesh DNS". */
export function inWords(type: string): string {
  return type.split(/(?=[A-Z])/).map((word) => (word === "Dns" ? "DNS" : word.toLowerCase())).join(" ");
}

function inOrder(a: Declared, b: Declared): number {
  const last = ({ component }: Declared): number => ["", ...NAMED].indexOf(component !== undefined && NAMED.has(component.type) ? component.type : "");
  return last(a) - last(b) || (a.what < b.what ? -1 : 1);
}
