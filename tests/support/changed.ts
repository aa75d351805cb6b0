/** What really became of a guild's objects between two looks at its cluster: what receipts are held against. */
import { isDeepStrictEqual } from "node:util";
import waitFor from "p-wait-for";
import { kubectl } from "./guildnet.ts";

interface KubernetesObject {
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    generation?: number;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: { replicas?: number; resources?: object };
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number };
  [key: string]: unknown;
}

/** All objects of a guild, and the pods of its programs, by "namespace/program". */
export interface World {
  readonly objects: ReadonlyMap<string, KubernetesObject>;
  readonly pods: ReadonlyMap<string, readonly string[]>;
}

const KINDS =
  "namespaces,deployments,services,secrets,configmaps,serviceaccounts,resourcequotas,limitranges,networkpolicies,roles,rolebindings,persistentvolumeclaims";

/** Looks once all has come to rest: a rollout ends for the engine before the last of its old pods is told to. */
export async function look(): Promise<World> {
  let world: World | undefined;
  await waitFor(async () => isAtRest((world = await lookOnce())), { interval: 500, timeout: 120_000 });
  return world!;
}

async function lookOnce(): Promise<World> {
  const [objects, pods] = await Promise.all([KINDS, "pods"].map(listed));
  const byProgram = new Map<string, string[]>();
  for (const { metadata } of pods ?? []) {
    const program = `${metadata.namespace}/${metadata.labels?.["app.kubernetes.io/name"]}`;
    // One that is on its way out is gone for whoever used it.
    if (metadata.deletionTimestamp === undefined)
      byProgram.set(program, [...(byProgram.get(program) ?? []), metadata.uid]);
  }
  return { objects: new Map((objects ?? []).map((one) => [keyOf(one), one])), pods: byProgram };
}

/** Whether each program has the pods that its Deployment asks for, all of them of its last template, and none is left of one that is gone. */
function isAtRest({ objects, pods }: World): boolean {
  const wanted = new Map(
    [...objects.values()]
      .filter(({ kind }) => kind === "Deployment")
      .map(({ metadata: { namespace, name }, spec }) => [`${namespace}/${name}`, spec?.replicas]),
  );
  return (
    [...objects.values()].every(
      ({ kind, metadata: { generation }, spec, status }) =>
        kind !== "Deployment" ||
        (status?.observedGeneration === generation &&
          [status?.replicas, status?.updatedReplicas, status?.readyReplicas].every(
            (count = 0) => count === spec?.replicas,
          )),
    ) &&
    [...wanted].every(([program, replicas]) => (pods.get(program)?.length ?? 0) === replicas) &&
    [...pods.keys()].every((program) => wanted.has(program))
  );
}

async function listed(kinds: string): Promise<KubernetesObject[]> {
  const selector = ["--selector", "app.kubernetes.io/part-of=guildnet"];
  const text = await kubectl("get", kinds, "--all-namespaces", ...selector, "--output", "json");
  return (JSON.parse(text) as { items: KubernetesObject[] }).items;
}

function keyOf({ kind, metadata: { namespace = "", name } }: KubernetesObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** Handles of those of whose objects at least one was made, changed or removed. */
export function peopleChanged(before: World, after: World): string[] {
  const owners = new Map([...ownersIn(before), ...ownersIn(after)]);
  const handles = changedKeys(before, after).flatMap((key) => {
    const { kind, metadata } = (after.objects.get(key) ?? before.objects.get(key))!;
    return owners.get((kind === "Namespace" ? metadata.name : metadata.namespace) ?? "") ?? [];
  });
  return [...new Set(handles)].sort();
}

function ownersIn({ objects }: World): [string, string][] {
  return [...objects.values()].flatMap(({ kind, metadata: { name, labels } }): [string, string][] => {
    const owner = labels?.["guildnet.io/owner"];
    return kind === "Namespace" && owner !== undefined ? [[name, owner]] : [];
  });
}

/** "namespace/program" of those whose pods are others, or gone, or new. */
export function podsChanged(before: World, after: World): string[] {
  return [...new Set([...before.pods.keys(), ...after.pods.keys()])]
    .filter((program) => !isDeepStrictEqual(before.pods.get(program)?.toSorted(), after.pods.get(program)?.toSorted()))
    .sort();
}

/** "namespace/claim" of those that are new, gone, of another size or kept otherwise. */
export function volumesChanged(before: World, after: World): string[] {
  return changedKeys(before, after)
    .filter((key) => key.startsWith("PersistentVolumeClaim "))
    .map((key) => key.split(" ")[1] ?? "")
    .sort();
}

function changedKeys({ objects: before }: World, { objects: after }: World): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    return !isDeepStrictEqual(was && content(was), is && content(is));
  });
}

/** What the program says of an object, without what the cluster adds. */
function content({ kind, metadata, ...object }: KubernetesObject): object {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !/kubernetes\.io\//.test(key));
  const { spec, data, rules, subjects, roleRef } = object;
  return {
    uid: metadata.uid,
    labels: metadata.labels,
    annotations: Object.fromEntries(annotations),
    spec: kind === "PersistentVolumeClaim" ? spec?.resources : spec,
    ...{ data, rules, subjects, roleRef },
  };
}
