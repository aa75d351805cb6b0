import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { KubeConfig, type KubernetesObject } from "@kubernetes/client-node";

/**
 * As much of a Kubernetes API server as lists, watches, single reads and merge patches need, over real HTTP: resource
 * versions, events, `410 Gone`, refusals, and connections that break.
 */
export interface TestApiServer {
  readonly url: string;
  readonly kubeConfig: KubeConfig;
  /** Method-less request targets as they came: path and query. */
  readonly requests: string[];
  /** Adds or changes an object of a collection such as `/api/v1/namespaces/ws-a/pods`; watches see it. */
  put(collection: string, object: KubernetesObject): void;
  remove(collection: string, name: string): void;
  /** Answers every request below a path with this status, until undone. */
  refuse(prefix: string, statusCode: number | undefined): void;
  /** Ends all watches as a server does that shuts down. */
  endWatches(): void;
  /** Tells all watches that their place is forgotten. */
  expireWatches(): void;
  watching(collection: string): boolean;
  close(): Promise<void>;
}

interface Watcher {
  readonly collection: string;
  /** Of the one object it follows; undefined for all. */
  readonly name: string | undefined;
  readonly response: ServerResponse;
}

export async function startApiServer(): Promise<TestApiServer> {
  const collections = new Map<string, Map<string, KubernetesObject>>();
  const refusals = new Map<string, number>();
  const watchers = new Set<Watcher>();
  const history: { collection: string; name: string | undefined; version: number; line: string }[] = [];
  const requests: string[] = [];
  let version = 1;

  const send = (collection: string, type: string, object: KubernetesObject): void => {
    const event = { collection, name: object.metadata?.name, version, line: `${JSON.stringify({ type, object })}\n` };
    history.push(event);
    for (const watcher of watchers) if (follows(watcher, event)) watcher.response.write(event.line);
  };
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api");
    const refusal = [...refusals].find(([prefix]) => pathname.startsWith(prefix))?.[1];
    if (refusal !== undefined) return answer(response, refusal, { kind: "Status", code: refusal });
    const name = /^metadata\.name=(.+)$/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
    if (searchParams.get("watch") === "true")
      return watch(
        request,
        response,
        { collection: pathname, name, response },
        Number(searchParams.get("resourceVersion")),
      );
    const list = collections.get(pathname);
    if (list)
      return answer(response, 200, {
        kind: "List",
        metadata: { resourceVersion: String(version) },
        items: [...list.values()].filter(({ metadata }) => (name ?? metadata?.name) === metadata?.name),
      });
    const slash = pathname.lastIndexOf("/");
    const object = collections.get(pathname.slice(0, slash))?.get(pathname.slice(slash + 1));
    if (object && request.method === "PATCH")
      return void mergeInto(object, request).then((code) => answer(response, code, object));
    if (object) return answer(response, 200, object);
    const collectionPath = /\/(namespaces|pods|deployments|services|secrets)$/.test(pathname);
    answer(response, collectionPath ? 200 : 404, {
      kind: "List",
      metadata: { resourceVersion: String(version) },
      items: [],
    });
  });
  const watch = (request: IncomingMessage, response: ServerResponse, watcher: Watcher, since: number): void => {
    watchers.add(watcher);
    request.once("close", () => watchers.delete(watcher));
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    for (const event of history) if (follows(watcher, event) && event.version > since) response.write(event.line);
  };
  const endWatches = (lastWords?: string): void => {
    for (const { response } of watchers) response.end(lastWords);
    watchers.clear();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const kubeConfig = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kubeConfig.loadFromClusterAndUser({ name: "test", server: url, skipTLSVerify: true }, { name: "portal" });
  return {
    url,
    kubeConfig,
    requests,
    put: (collection, object) => {
      const objects = collections.get(collection) ?? new Map<string, KubernetesObject>();
      collections.set(collection, objects);
      const name = object.metadata?.name ?? "";
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
      const type = objects.has(name) ? "MODIFIED" : "ADDED";
      objects.set(name, stored);
      send(collection, type, stored);
    },
    remove: (collection, name) => {
      const object = collections.get(collection)?.get(name);
      collections.get(collection)?.delete(name);
      if (object)
        send(collection, "DELETED", {
          ...object,
          metadata: { ...object.metadata, resourceVersion: String(++version) },
        });
    },
    refuse: (prefix, statusCode) =>
      void (statusCode === undefined ? refusals.delete(prefix) : refusals.set(prefix, statusCode)),
    endWatches: () => endWatches(),
    expireWatches: () =>
      endWatches(`${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } })}\n`),
    watching: (collection) => [...watchers].some((watcher) => watcher.collection === collection),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function follows({ collection, name }: Watcher, event: { collection: string; name: string | undefined }): boolean {
  return event.collection === collection && (name ?? event.name) === event.name;
}

/** A merge patch (RFC 7396) of an object's data. */
async function mergeInto(
  object: KubernetesObject & { data?: Record<string, string> },
  request: IncomingMessage,
): Promise<number> {
  if (request.headers["content-type"] !== "application/merge-patch+json") return 415;
  const { data } = JSON.parse(await text(request)) as { data: Record<string, string | null> };
  object.data = Object.fromEntries(
    Object.entries({ ...object.data, ...data }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  return 200;
}

function answer(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { "content-type": "application/json" }).end(JSON.stringify(body));
}
