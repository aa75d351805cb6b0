import { inWords, toldApart, type Component, type Declared } from "../../images/pod/workload-words.ts";
import { workloadKinds, type WorkloadKind, type WorkloadName } from "../../images/pod/workloads.ts";
import type { StackState, StateResource } from "../../engine/stack-state.ts";

const COMPONENT = /^guildnet:index:(\w+)$/;
const WORKLOAD = /^kubernetes:(?:apps|batch)\/v1:(\w+)$/;
/** Told of by their volumes: one job of theirs is a template that never runs by itself. */
const OWN_REPORT = new Set(["Backup"]);

/** Everything in a stack's state that keeps pods running, whichever component declared it: nothing has to be listed here to be reported. */
export function declaredWorkloads({ deployment }: StackState): Declared[] {
  const resources = (deployment.resources ?? []).filter((resource) => resource.delete !== true);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return toldApart(
    resources.flatMap((resource) => {
      const workload = workloadOf(resource),
        component = componentOf(resource, byUrn);
      return workload === undefined || OWN_REPORT.has(component?.type ?? "") ? [] : [{ workload, component }];
    }),
  );
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
  return resources
    .filter(({ type }) => type === RELEASE)
    .map((resource) => {
      const { name, namespace } = resource.inputs ?? {},
        component = componentOf(resource, byUrn);
      return {
        what: component === undefined ? String(name) : inWords(component.type),
        ...(component && { component }),
        namespace: typeof namespace === "string" ? namespace : "default",
      };
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
  return type === undefined
    ? componentOf(above, byUrn)
    : { type, name: above.urn.slice(above.urn.lastIndexOf("::") + 2) };
}
