import { text } from "node:stream/consumers";
import { apiServer } from "./cluster.ts";

/** An object as the stand-in keeps it. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: { name: string; generation: number; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: {
    group?: string;
    names?: { plural: string; kind: string };
    scope?: string;
    versions?: { name: string; served: boolean }[];
  };
  status?: { conditions: { type: string; status: string; message: string }[] };
}

/** What a stand-in for an API server holds, to be looked at and changed by a test. */
export interface ObjectStore {
  kubeconfig: string;
  /** By path. */
  readonly objects: Map<string, Stored>;
  /** `METHOD path?query` of every request, in order. */
  readonly calls: string[];
  /** Requests that it still answers with 503 before it does its work. */
  busy: number;
  /** Definitions of these names are never served. @default none */
  readonly refused: Set<string>;
}

const builtIn: Record<string, { name: string; kind: string; namespaced: boolean }[]> = {
  "/api/v1": [
    { name: "namespaces", kind: "Namespace", namespaced: false },
    { name: "namespaces/status", kind: "Namespace", namespaced: false },
    { name: "configmaps", kind: "ConfigMap", namespaced: true },
  ],
  "/apis/apiextensions.k8s.io/v1": [
    { name: "customresourcedefinitions", kind: "CustomResourceDefinition", namespaced: false },
  ],
};

/** An API server that applies objects server-side, and serves what definitions define from the second time on that it is asked for it. */
export async function objectStore(): Promise<ObjectStore> {
  const asked = new Set<string>();
  const { kubeconfig } = await apiServer((request, response) => {
    void text(request).then((body) => {
      store.calls.push(`${request.method} ${request.url}`);
      const url = new URL(request.url ?? "", "http://api");
      const [status, json] =
        store.busy-- > 0
          ? [503, { message: "no endpoints available" }]
          : answer(request.method ?? "", url, body, request.headers.authorization);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
    });
  });
  const store: ObjectStore = { kubeconfig, objects: new Map(), calls: [], busy: 0, refused: new Set() };

  function answer(method: string, url: URL, body: string, authorization: string | undefined): [number, unknown] {
    if (authorization !== "Bearer cluster-secret") return [401, { message: "Unauthorized" }];
    const { pathname } = url,
      found = store.objects.get(pathname);
    if (method === "GET" && url.pathname.split("/").length <= (pathname.startsWith("/api/") ? 3 : 4))
      return discovery(pathname);
    if (method === "PATCH") return apply(pathname, url.searchParams, JSON.parse(body) as Stored);
    if (found === undefined) return [404, { message: `${pathname} not found` }];
    if (method === "DELETE") store.objects.delete(pathname);
    return [200, found];
  }

  function apply(path: string, query: URLSearchParams, wanted: Stored): [number, unknown] {
    if (query.get("fieldManager") === null || query.get("force") !== "true") return [409, { message: "conflict" }];
    const before = store.objects.get(path),
      changed = JSON.stringify(before?.spec) !== JSON.stringify(wanted.spec);
    const generation = (before?.metadata.generation ?? 0) + (changed ? 1 : 0);
    const object = {
      ...wanted,
      metadata: { ...wanted.metadata, generation },
      status: {
        conditions: [
          {
            type: "NamesAccepted",
            status: store.refused.has(wanted.metadata.name) ? "False" : "True",
            message: "its plural is taken",
          },
        ],
      },
    };
    if (query.get("dryRun") !== "All") store.objects.set(path, object);
    return [before === undefined ? 201 : 200, object];
  }

  function discovery(path: string): [number, unknown] {
    const first = !asked.has(path);
    asked.add(path);
    const defined = [...store.objects.values()].filter(
      ({ kind, metadata, spec }) =>
        kind === "CustomResourceDefinition" &&
        !store.refused.has(metadata.name) &&
        spec?.versions?.some(({ name, served }) => served && path === `/apis/${spec.group}/${name}`),
    );
    const resources =
      builtIn[path] ??
      (first
        ? []
        : defined.map(({ spec }) => ({
            name: spec?.names?.plural,
            kind: spec?.names?.kind,
            namespaced: spec?.scope === "Namespaced",
          })));
    return resources.length === 0 ? [404, { message: `${path} not found` }] : [200, { resources }];
  }

  return store;
}
