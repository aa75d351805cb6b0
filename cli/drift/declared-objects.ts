import type { Sought } from "../cluster/objects.ts";
import type { StackState, StateResource } from "../../engine/stack-state.ts";

type Properties = Readonly<Record<string, unknown>>;

/** An object of a cluster that the stack has made. */
export interface DeclaredObject {
  readonly urn: string;
  readonly object: Sought;
  /** As the program wanted it. */
  readonly wanted: Properties;
  /** As the API server had it after the last update. */
  readonly recorded: Properties;
  /** Paths that the program leaves to others, for instance "spec.replicas". */
  readonly ignored: readonly string[];
}

/** A cluster and what the stack has in it. */
export interface DeclaredCluster {
  readonly kubeconfig: string;
  /** @default the kubeconfig's current one */
  readonly context?: string;
  readonly objects: readonly DeclaredObject[];
}

const PROVIDER = "pulumi:providers:kubernetes";

/** All objects that a stack's state knows, by the provider they were made with. @param state its secrets in plain */
export function declaredObjects({ deployment: { resources = [] } }: StackState): DeclaredCluster[] {
  const present = resources.filter((resource) => resource.delete !== true);
  return present
    .filter(({ type }) => type === PROVIDER)
    .flatMap(({ urn, id, inputs }) => {
      const { kubeconfig, context } = inputs ?? {};
      const objects = present
        .filter(({ provider }) => provider === `${urn}::${id}`)
        .flatMap((resource) => declaredObject(resource) ?? []);
      return typeof kubeconfig === "string" && objects.length > 0
        ? [{ kubeconfig, ...(typeof context === "string" && { context }), objects }]
        : [];
    });
}

/** Undefined for what is no object itself: a chart, a group of objects. */
function declaredObject({ urn, inputs, outputs, ignoreChanges = [] }: StateResource): DeclaredObject | undefined {
  const { apiVersion, kind, metadata } = outputs ?? {};
  if (
    inputs === undefined ||
    outputs === undefined ||
    typeof apiVersion !== "string" ||
    typeof kind !== "string" ||
    !isRecord(metadata)
  )
    return undefined;
  const { name, namespace } = metadata;
  if (typeof name !== "string") return undefined;
  const object = {
    apiVersion,
    kind,
    name,
    ...(typeof namespace === "string" && { namespace }),
    labels: labelsOf(inputs),
  };
  return { urn, object, wanted: asStored(inputs), recorded: asStored(outputs), ignored: ignoreChanges };
}

function labelsOf({ metadata }: Properties): Record<string, string> {
  return isRecord(metadata) && isRecord(metadata.labels) ? (metadata.labels as Record<string, string>) : {};
}

/** What it is, is settled by its having been found, and is in no list; and of a Secret the API server keeps no text, only what it is in base64. */
function asStored({ apiVersion: _version, kind: _kind, stringData, data, ...properties }: Properties): Properties {
  if (!isRecord(stringData)) return { ...properties, ...(data !== undefined && { data }) };
  const encoded = Object.fromEntries(
    Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]),
  );
  return { ...properties, data: { ...(isRecord(data) ? data : {}), ...encoded } };
}

/** For instance "NetworkPolicy ws-ada/deny-all". */
export function nameOf({ object: { kind, namespace, name } }: DeclaredObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
