import { afterEach, beforeEach, expect, test } from "vitest";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { clusterWorkspaces, type ClusterWorkspaces } from "./workspaces.ts";

const NAMESPACES = "/api/v1/namespaces";
const deploymentsOf = (id: string): string => `/apis/apps/v1/namespaces/ws-${id}/deployments`;
const podsOf = (id: string): string => `/api/v1/namespaces/ws-${id}/pods`;

let api: TestApiServer;
let cluster: ClusterWorkspaces;
let warnings: string[];

beforeEach(async () => {
  api = await startApiServer();
  warnings = [];
  for (const name of ["sign-outs", "people"])
    api.put(`${NAMESPACES}/default/configmaps`, { metadata: { name, namespace: "default" } });
});
afterEach(async () => {
  cluster.stop();
  await api.close();
});

function start(): void {
  cluster = clusterWorkspaces({
    clusterDomain: "cluster.local",
    kubeConfig: api.kubeConfig,
    retryMs: 5,
    warn: (message) => void warnings.push(message),
  });
}

function namespace(id: string, owner = "alice", name = `ws-${id}`, uid = `uid-${id}`): void {
  api.put(NAMESPACES, { metadata: { name, uid, labels: { "guildnet.io/workspace": id, "guildnet.io/owner": owner } } });
}

function deployment(id: string, replicas = 1): void {
  api.put(deploymentsOf(id), {
    metadata: { name: "workspace", namespace: `ws-${id}` },
    spec: { replicas, selector: { matchLabels: { app: "workspace" } } },
  } as never);
}

function pod(id: string, ready: boolean, name = "p1", labels: Record<string, string> = { app: "workspace" }): void {
  api.put(podsOf(id), {
    metadata: { name, namespace: `ws-${id}`, labels },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  } as never);
}

const state = (id: string) => cluster.directory.get(id)?.state;

test("workspaces are found with their state, which then follows the cluster", async () => {
  namespace("alice");
  deployment("alice");
  pod("alice", false);
  start();
  expect(cluster.directory.readiness()).toMatchObject({ ready: false });
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.list()).toEqual([{ id: "alice", owner: "alice", state: "starting", reason: "NotReady" }]);
  await expect.poll(() => api.watching(podsOf("alice"))).toBe(true);
  pod("alice", true);
  await expect.poll(() => state("alice")).toBe("running");
  await expect.poll(() => api.watching(deploymentsOf("alice"))).toBe(true);
  deployment("alice", 0);
  api.remove(podsOf("alice"), "p1");
  await expect.poll(() => cluster.directory.get("alice")).toEqual({ id: "alice", owner: "alice", state: "stopped" });
});

test("workspaces come, change owner and go while the portal runs, each told once", async () => {
  start();
  await expect.poll(() => api.watching(NAMESPACES)).toBe(true);
  const told: string[] = [];
  cluster.directory.onChange((id) => told.push(`${id} ${cluster.directory.get(id)?.owner}`));
  deployment("new");
  namespace("new");
  await expect.poll(() => cluster.directory.get("new")?.reason).toBe("Scheduling");
  namespace("new", "bob");
  await expect.poll(() => cluster.directory.get("new")?.owner).toBe("bob");
  namespace("new", "bob");
  api.remove(NAMESPACES, "ws-new");
  await expect.poll(() => cluster.directory.get("new")).toBeUndefined();
  expect(told.filter((line) => line === "new bob")).toHaveLength(1);
  await expect.poll(() => api.watching(podsOf("new"))).toBe(false);
});

test("only its own namespace makes a workspace, and only with an owner", async () => {
  namespace("alice", "alice", "kube-system", "u1");
  namespace("../x", "alice", "ws-../x", "u2");
  namespace("ownerless", "", "ws-ownerless", "u3");
  namespace("good");
  deployment("good");
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.list().map(({ id }) => id)).toEqual(["good"]);
  expect(warnings).toHaveLength(3);
  expect(api.requests.some((url) => url.includes("kube-system"))).toBe(false);
});

test("pods that are not the workspace's do not count", async () => {
  namespace("alice");
  deployment("alice");
  pod("alice", true, "job", { app: "other" });
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(state("alice")).toBe("starting");
});

test("a workspace that may not be read yet keeps nobody waiting, and is there once it may", async () => {
  namespace("early");
  namespace("alice");
  deployment("early");
  pod("early", true);
  api.refuse("/apis/apps/v1/namespaces/ws-early", 403);
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.get("early")).toBeUndefined();
  api.refuse("/apis/apps/v1/namespaces/ws-early", undefined);
  await expect.poll(() => state("early")).toBe("running");
});

test("a workspace that the API server says nothing of just now is still one", async () => {
  namespace("alice");
  deployment("alice");
  api.refuse("/apis/apps/v1/namespaces/ws-alice", 500);
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.get("alice")).toMatchObject({
    state: "starting",
    message: "The portal cannot see this workspace yet.",
  });
});

test("what is kept of a workspace that was removed is none, also after a restart of the portal, which may not read it any more", async () => {
  namespace("alice");
  deployment("alice");
  pod("alice", true);
  start();
  await expect.poll(() => state("alice")).toBe("running");
  await expect.poll(() => api.watching(deploymentsOf("alice"))).toBe(true);
  api.remove(deploymentsOf("alice"), "workspace");
  await expect.poll(() => cluster.directory.list()).toEqual([]);
  cluster.stop();
  for (const path of [deploymentsOf("alice"), podsOf("alice")]) api.refuse(path, 403);
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.list()).toEqual([]);
});

test("lost watches are taken up again, and what happened meanwhile is not missed", async () => {
  namespace("alice");
  deployment("alice");
  pod("alice", false);
  start();
  await expect.poll(() => api.watching(podsOf("alice"))).toBe(true);
  api.refuse("/", 500);
  api.endWatches();
  await expect.poll(() => warnings.length).toBeGreaterThan(2);
  expect(state("alice")).toBe("starting");
  expect(cluster.directory.readiness().ready).toBe(true);
  pod("alice", true);
  api.refuse("/", undefined);
  await expect.poll(() => state("alice")).toBe("running");
});

test("after 410 Gone the list is read anew, and what vanished in between is dropped", async () => {
  namespace("alice");
  namespace("gone");
  deployment("alice");
  start();
  await expect.poll(() => api.watching(NAMESPACES) && api.watching(podsOf("alice"))).toBe(true);
  const lists = (): number =>
    api.requests.filter((url) => url.startsWith(`${NAMESPACES}?`) && !url.includes("watch=true")).length;
  const before = lists();
  api.expireWatches();
  api.remove(NAMESPACES, "ws-gone");
  pod("alice", true);
  await expect
    .poll(() => cluster.directory.list().map(({ id, state: now }) => `${id} ${now}`))
    .toEqual(["alice running"]);
  expect(lists()).toBeGreaterThan(before);
});

test("a namespace made again under the same name is another workspace", async () => {
  namespace("alice", "alice", "ws-alice", "first");
  deployment("alice");
  pod("alice", true);
  start();
  await expect.poll(() => state("alice")).toBe("running");
  api.remove(podsOf("alice"), "p1");
  namespace("alice", "bob", "ws-alice", "second");
  await expect.poll(() => cluster.directory.get("alice")).toMatchObject({ owner: "bob", state: "starting" });
  api.remove(NAMESPACES, "ws-alice");
  await expect.poll(() => cluster.directory.list()).toEqual([]);
});

test("an upstream is made from the workspace's id alone", async () => {
  start();
  expect(await cluster.access.upstream("alice", "ide")).toEqual({
    host: "workspace.ws-alice.svc.cluster.local.",
    port: 8080,
  });
  api.put("/api/v1/namespaces/ws-alice/services", {
    metadata: { name: "workspace" },
    spec: {
      ports: [
        { name: "ide", port: 8080 },
        { name: "web", port: 3000 },
      ],
    },
  } as never);
  expect(await cluster.access.upstream("alice", "web")).toEqual({
    host: "workspace.ws-alice.svc.cluster.local.",
    port: 3000,
  });
  expect(await cluster.access.upstream("alice", "3000")).toEqual({
    host: "workspace.ws-alice.svc.cluster.local.",
    port: 3000,
  });
  for (const port of ["none", "8080", "3001"]) expect(await cluster.access.upstream("alice", port)).toBeUndefined();
});

test("the IDE's key is read once by however many, and its content is in no error", async () => {
  const secret = (session: string): void =>
    api.put("/api/v1/namespaces/ws-alice/secrets", {
      metadata: { name: "ide-access" },
      data: { session: Buffer.from(session).toString("base64") },
    } as never);
  secret("abc123");
  start();
  const reads = (): number => api.requests.filter((url) => url.includes("/secrets/ide-access")).length;
  expect(await Promise.all(Array.from({ length: 10 }, () => cluster.access.ideSession("alice")))).toEqual(
    Array(10).fill("abc123"),
  );
  expect(reads()).toBe(1);
  expect(await cluster.access.ideSession("alice", { fresh: true })).toBe("abc123");
  expect(reads()).toBe(1);

  api.put("/api/v1/namespaces/ws-bob/secrets", {
    metadata: { name: "ide-access" },
    data: { session: Buffer.from("canary\r\nx: y").toString("base64") },
  } as never);
  const failure: unknown = await cluster.access.ideSession("bob").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "ide_key_unreadable" });
  expect(String(failure)).not.toContain("canary");
  await expect(cluster.access.ideSession("nobody")).rejects.toMatchObject({ code: "ide_key_unreadable" });
});

function app(id: string, visibility: string | undefined, name = `app-${id}`): void {
  const labels = {
    "guildnet.io/app": id,
    "guildnet.io/owner": "alice",
    ...(visibility === undefined ? {} : { "guildnet.io/visibility": visibility }),
  };
  api.put(NAMESPACES, { metadata: { name, uid: `uid-${name}`, labels } });
  api.put(`/apis/apps/v1/namespaces/app-${id}/deployments`, {
    metadata: { name: "app" },
    spec: { replicas: 1, selector: { matchLabels: { app: id } } },
  } as never);
}

test("apps are found like workspaces, with who may open them, and shut where that isn't clear", async () => {
  for (const visibility of ["private", "members", "public", "Public", undefined])
    app(`is-${visibility?.toLowerCase() ?? "none"}${visibility === "Public" ? "-not" : ""}`, visibility);
  app("posing", "public", "ws-alice");
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(
    cluster.directory
      .list()
      .map(({ id, visibility }) => `${id} ${visibility}`)
      .sort(),
  ).toEqual([
    "is-members members",
    "is-none private",
    "is-private private",
    "is-public public",
    "is-public-not private",
  ]);
  expect(warnings).toEqual([expect.stringContaining('labelled as the app "posing", which must be called app-posing')]);
});

test("an app is followed in its own namespace, and reached through its own Service alone", async () => {
  app("shop", "public");
  api.put("/apis/apps/v1/namespaces/app-shop/deployments", {
    metadata: { name: "app" },
    spec: { replicas: 1, selector: { matchLabels: { app: "shop" } } },
  } as never);
  api.put("/api/v1/namespaces/app-shop/pods", {
    metadata: { name: "p", labels: { app: "shop" } },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  } as never);
  api.put("/api/v1/namespaces/app-shop/services", {
    metadata: { name: "app" },
    spec: { ports: [{ name: "app", port: 3000 }] },
  } as never);
  start();
  await expect.poll(() => state("shop")).toBe("running");
  expect(await cluster.access.upstream("shop", "app")).toEqual({ host: "app.app-shop.svc.cluster.local.", port: 3000 });
  expect(await cluster.access.upstream("shop", "ide")).toBeUndefined();
});

test("of a workspace and an app of one name, the workspace has the host", async () => {
  app("alice", "public");
  namespace("alice");
  deployment("alice");
  pod("alice", true);
  start();
  await expect.poll(() => cluster.directory.readiness().ready).toBe(true);
  expect(cluster.directory.list()).toEqual([{ id: "alice", owner: "alice", state: "running" }]);
  expect(await cluster.access.upstream("alice", "ide")).toMatchObject({
    host: "workspace.ws-alice.svc.cluster.local.",
  });
  api.remove(NAMESPACES, "ws-alice");
  await expect.poll(() => cluster.directory.get("alice")?.visibility).toBe("public");
});
