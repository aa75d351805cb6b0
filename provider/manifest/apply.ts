import pWaitFor from "p-wait-for";
import { z } from "zod";
import { ActionableError } from "../errors.ts";
import type { Progress } from "../node/toolchain.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { definedBy, type Defined, type ManifestObject } from "./objects.ts";

/** Milliseconds in which an API server serves what a custom resource definition defines. */
const longestUntilServed = 60_000;
/** By this annotation an object is known as one of the manifest, whoever else wrote to it. */
const hashAnnotation = "guildnet.dev/manifest-sha256";

const kinds = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const metadata = z.object({
  metadata: z.object({ generation: z.number().default(0), annotations: z.record(z.string(), z.string()).default({}) }),
});
const conditions = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") })),
  }),
});

/** An object as it was applied. */
export interface Applied {
  /** Of the object in the API. */
  readonly path: string;
  /** Of a definition: the API server's count of changes to its spec. 0 where others change it by right. */
  readonly generation: number;
}

export interface Applying {
  /** Added to each object. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the manifest, to be found again by `driftOf`. */
  readonly hash: string;
  readonly progress: Progress;
  /** Milliseconds. @default a minute */
  readonly untilServed?: number;
}

/**
 * Applies objects server-side, definitions of custom resources first, and waits until what they define is served.
 *
 * @throws Unreachable; ActionableError `cluster-refused`, `crd-not-served`.
 */
export async function applyObjects(
  api: ClusterApi,
  objects: readonly ManifestObject[],
  applying: Applying,
): Promise<Applied[]> {
  const { progress, untilServed = longestUntilServed } = applying;
  const marked = objects.map((object) => withMarks(object, applying));
  const definitions = marked.filter((object) => definedBy(object) !== undefined);
  const others = marked.filter((object) => definedBy(object) === undefined);
  progress(`applying ${definitions.length} definitions`);
  const applied = await Promise.all(definitions.map((object) => apply(api, object)));
  progress("waiting until they are served");
  await Promise.all(definitions.map((object) => served(api, object, untilServed)));
  // In their order: a namespace comes before what is in it.
  for (const object of others) applied.push(await apply(api, object));
  return applied;
}

/** Why the objects have to be applied again; by their metadata alone, for the objects are large. @throws Unreachable; ActionableError `cluster-refused` */
export async function driftOf(api: ClusterApi, applied: readonly Applied[], hash: string): Promise<string | undefined> {
  const reasons = await Promise.all(
    applied.map(async ({ path, generation }) => {
      const { status, json } = await api.ask(
        { method: "GET", path, accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" },
        200,
        404,
      );
      if (status === 404) return `${nameOf(path)} is gone`;
      const found = metadata.parse(json).metadata;
      return found.annotations[hashAnnotation] === hash && (generation === 0 || found.generation === generation)
        ? undefined
        : `${nameOf(path)} was changed`;
    }),
  );
  return reasons.find((reason) => reason !== undefined);
}

/** Has an object checked as if it were applied, by admission webhooks too. @throws Unreachable where one of them does not answer; ActionableError `cluster-refused` */
export async function tryObject(api: ClusterApi, object: ManifestObject): Promise<void> {
  const query = new URLSearchParams({ fieldManager: "guildnet", force: "true", dryRun: "All" });
  await api.ask(
    { method: "PATCH", path: `${await pathOf(api, object)}?${query}`, body: JSON.stringify(object) },
    200,
    201,
  );
}

/** Deletes objects, the last applied first; those that are gone are none. */
export async function deleteObjects(api: ClusterApi, applied: readonly Applied[]): Promise<void> {
  for (const { path } of [...applied].reverse()) await api.ask({ method: "DELETE", path }, 200, 202, 404);
}

async function apply(api: ClusterApi, object: ManifestObject): Promise<Applied> {
  const path = await pathOf(api, object);
  const query = new URLSearchParams({ fieldManager: "guildnet", force: "true" });
  const { json } = await api.ask({ method: "PATCH", path: `${path}?${query}`, body: JSON.stringify(object) }, 200, 201);
  const { generation } = metadata.parse(json).metadata;
  return { path, generation: definedBy(object)?.convertsByWebhook === false ? generation : 0 };
}

function withMarks(object: ManifestObject, { labels, hash }: Applying): ManifestObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labels },
      annotations: { ...metadata.annotations, [hashAnnotation]: hash },
    },
  };
}

async function pathOf(
  api: ClusterApi,
  { apiVersion, kind, metadata: { name, namespace = "default" } }: ManifestObject,
): Promise<string> {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { json } = await api.ask({ method: "GET", path: base }, 200);
  const resource = kinds.parse(json).resources.find((one) => one.kind === kind && !one.name.includes("/"));
  if (resource === undefined)
    throw new ActionableError("cluster-refused", `the API server has no kind ${kind} of ${apiVersion}`);
  return `${base}${resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ""}/${resource.name}/${encodeURIComponent(name)}`;
}

/** Until the server lists it, which it does from the moment that it is established on; the definition itself would be a large answer. */
async function served(api: ClusterApi, object: ManifestObject, milliseconds: number): Promise<void> {
  const { plural, groupVersions } = definedBy(object) as Defined;
  const isServed = async (groupVersion: string): Promise<boolean> => {
    const { json } = await api.ask({ method: "GET", path: `/apis/${groupVersion}` }, 200, 404);
    return kinds.safeParse(json).data?.resources.some(({ name }) => name === plural) ?? false;
  };
  const all = async (): Promise<boolean> => (await Promise.all(groupVersions.map(isServed))).every(Boolean);
  const timeout = { milliseconds, message: new ActionableError("crd-not-served", "") };
  await pWaitFor(all, { interval: 200, timeout }).catch(async (error: unknown) => {
    if (!(error instanceof ActionableError) || error.code !== "crd-not-served") throw error;
    throw new ActionableError(
      "crd-not-served",
      `the API server does not serve ${object.metadata.name}: ${await reasonsOf(api, object)}`,
    );
  });
}

async function reasonsOf(api: ClusterApi, object: ManifestObject): Promise<string> {
  const { json } = await api.ask({ method: "GET", path: await pathOf(api, object) }, 200, 404);
  const found = conditions.safeParse(json).data?.status.conditions ?? [];
  return (
    found
      .filter(({ status }) => status !== "True")
      .map(({ type, message }) => `${type}: ${message}`)
      .join("; ") || "it does not say why"
  );
}

function nameOf(path: string): string {
  return decodeURIComponent(path.split("/").at(-1) ?? path);
}
