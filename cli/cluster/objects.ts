import { z } from "zod";
import { ActionableError } from "../../provider/errors.ts";
import { readKubeconfig } from "../../provider/cluster/kubeconfig.ts";
import { ApiServer } from "../../provider/cluster/server.ts";

/** Milliseconds without a word after which the API server is given up. */
const patience = 10_000;

/** An object by its kind and name. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  /** Undefined for what belongs to the whole cluster. */
  readonly namespace?: string;
  readonly name: string;
}

/** One that is asked for, with labels that it should have: they keep other people's objects out of the lists. */
export interface Sought extends ObjectName {
  readonly labels: Readonly<Record<string, string>>;
}

const managedFields = z.array(z.looseObject({ manager: z.string().optional(), operation: z.string().optional() }));
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  deletionTimestamp: z.string().optional(),
  managedFields: managedFields.optional(),
});
const object = z.looseObject({ metadata });
const resources = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string() })) });

/** As the API server has it. */
export type LiveObject = z.infer<typeof object>;

/**
 * Asks a cluster for objects, by a list for each kind however many they are. What is in no list is asked for by itself:
 * it may only lack the labels.
 *
 * @param context of the kubeconfig. @default its current one
 * @returns each in the order of the question, undefined where it is gone.
 * @throws Unreachable; ActionableError `cluster-refused`, `kubeconfig-incomplete`.
 */
export async function observeObjects(
  kubeconfig: string,
  sought: readonly Sought[],
  context?: string,
): Promise<(LiveObject | undefined)[]> {
  const server = new ApiServer(readKubeconfig(kubeconfig, context), patience);
  const found = await Promise.all(byKind(sought).map((alike) => ofOneKind(server, alike)));
  const byName = new Map(found.flat());
  return sought.map((one) => byName.get(one));
}

function byKind(sought: readonly Sought[]): Sought[][] {
  const kinds = new Map<string, Sought[]>();
  for (const one of sought) {
    const kind = `${one.apiVersion} ${one.kind}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  return [...kinds.values()];
}

/** Where a kind is: for instance "/apis/apps/v1" and "deployments". */
interface Place {
  readonly root: string;
  readonly plural: string;
}

async function ofOneKind(server: ApiServer, sought: readonly Sought[]): Promise<[Sought, LiveObject | undefined][]> {
  const [first] = sought;
  const place = first === undefined ? undefined : await placeOf(server, first);
  if (place === undefined) return sought.map((one) => [one, undefined]); // with its kind it went itself
  const listed = sought.length === 1 ? new Map<string, LiveObject>() : await listOf(server, place, sought);
  return Promise.all(
    sought.map(
      async (one) =>
        [one, listed.get(keyOf(one)) ?? (await getOf(server, place, one))] as [Sought, LiveObject | undefined],
    ),
  );
}

async function placeOf(server: ApiServer, { apiVersion, kind }: ObjectName): Promise<Place | undefined> {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const known = await server.get(root, `the kinds of ${apiVersion}`);
  // What has a slash is a part of another one, as its status.
  const plural =
    known === undefined
      ? undefined
      : resources.parse(known).resources.find((one) => one.kind === kind && !one.name.includes("/"))?.name;
  return plural === undefined ? undefined : { root, plural };
}

async function listOf(
  server: ApiServer,
  { root, plural }: Place,
  sought: readonly Sought[],
): Promise<Map<string, LiveObject>> {
  const labelSelector = Object.entries(sharedLabels(sought))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  if (labelSelector === "") return new Map();
  const items = await server
    .list(`${root}/${plural}?${new URLSearchParams({ labelSelector })}`, plural)
    .catch(ifRefused);
  return new Map(items.map((item) => object.parse(item)).map((item) => [keyOf(item.metadata), item]));
}

/** Who may not list a kind in all namespaces may still ask for what is in one. */
function ifRefused(error: unknown): [] {
  if (error instanceof ActionableError && error.code === "cluster-refused") return [];
  throw error;
}

/** Labels that all of them should have, with the same value. */
function sharedLabels(sought: readonly Sought[]): Record<string, string> {
  const [first, ...others] = sought;
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([key, value]) => others.every(({ labels }) => labels[key] === value)),
  );
}

async function getOf(
  server: ApiServer,
  { root, plural }: Place,
  { kind, namespace, name }: ObjectName,
): Promise<LiveObject | undefined> {
  const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  const found = await server.get(`${root}${within}/${plural}/${encodeURIComponent(name)}`, `the ${kind} ${name}`);
  return found === undefined ? undefined : object.parse(found);
}

function keyOf({ namespace = "", name }: { readonly namespace?: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
