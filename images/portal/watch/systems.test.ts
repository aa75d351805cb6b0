import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApiServer, type TestApiServer } from "../../pod/testing/api-server.ts";
import { ClusterSystems } from "./systems.ts";

let api: TestApiServer;
beforeAll(async () => void (api = await startApiServer()));
afterAll(() => api.close());

const labels = { app: "registry" },
  template = { metadata: { labels } },
  selector = { matchLabels: labels };
const deployments = "/apis/apps/v1/namespaces/guildnet-registry/deployments";

function write(...workloads: { type: string; kind: string; namespace: string; name: string }[]): void {
  const data = {
    workloads: JSON.stringify(
      workloads.map(({ type, ...workload }) => ({ component: { type, name: "it" }, ...workload })),
    ),
  };
  api.put("/api/v1/namespaces/default/configmaps", {
    metadata: { name: "systems", namespace: "default" },
    data,
  } as never);
}

function registry(replicas: number, readyReplicas: number): void {
  const status = { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas };
  api.put(deployments, {
    metadata: { name: "registry", namespace: "guildnet-registry", generation: 1 },
    spec: { replicas, selector, template },
    status,
  } as never);
}

describe("systems", () => {
  const look = () => new ClusterSystems(api.kubeConfig).look();

  test("can't be told of before the stack wrote them down, and no answer of the API server is quoted", async () => {
    await expect(look()).rejects.toThrow(/^the API server answered 404$/);
  });

  test("are well, ill, stopped or gone as `npm run status` says it, each asked for by its name", async () => {
    write({ type: "Registry", kind: "Deployment", namespace: "guildnet-registry", name: "registry" });
    const said = { what: "registry", where: "guildnet-registry/registry" };
    registry(1, 1);
    expect(await look()).toEqual([{ ...said, state: "1/1 ready", healthy: true }]);
    registry(1, 0);
    expect(await look()).toEqual([{ ...said, state: "0/1 ready", healthy: false }]);
    registry(0, 0);
    expect(await look()).toEqual([{ ...said, state: "stopped, though the stack wants it to run", healthy: false }]);
    api.refuse(deployments, 403);
    expect(await look()).toEqual([{ ...said, state: "not looked at: the API server answered 403", healthy: false }]);
    api.refuse(deployments, undefined);
    api.remove(deployments, "registry");
    expect(await look()).toEqual([{ ...said, state: "Deployment guildnet-registry/registry is gone", healthy: false }]);
    expect(new Set(api.requests)).toEqual(
      new Set(["/api/v1/namespaces/default/configmaps/systems", `${deployments}/registry`]),
    );
  });

  test("are told apart within a system, whatever kind they are of", async () => {
    write(
      { type: "LoadBalancer", kind: "DaemonSet", namespace: "metallb-system", name: "speaker" },
      { type: "Registry", kind: "CronJob", namespace: "guildnet-registry", name: "collector" },
      { type: "LoadBalancer", kind: "StatefulSet", namespace: "metallb-system", name: "db" },
    );
    const metadata = (namespace: string, name: string) => ({ namespace, name, generation: 1 });
    const status = {
      observedGeneration: 1,
      currentNumberScheduled: 1,
      desiredNumberScheduled: 1,
      updatedNumberScheduled: 1,
      numberReady: 1,
    };
    api.put("/apis/apps/v1/namespaces/metallb-system/daemonsets", {
      metadata: metadata("metallb-system", "speaker"),
      spec: { selector, template },
      status,
    } as never);
    const ran = "2026-11-28T03:00:00Z";
    api.put("/apis/batch/v1/namespaces/guildnet-registry/cronjobs", {
      metadata: metadata("guildnet-registry", "collector"),
      spec: { schedule: "@daily", jobTemplate: { spec: { template } } },
      status: { lastScheduleTime: ran, lastSuccessfulTime: ran },
    } as never);
    expect(await look()).toEqual([
      {
        what: "load balancer db",
        where: "metallb-system/db",
        state: "StatefulSet metallb-system/db is gone",
        healthy: false,
      },
      { what: "load balancer speaker", where: "metallb-system/speaker", state: "1/1 ready", healthy: true },
      {
        what: "registry",
        where: "guildnet-registry/collector",
        state: expect.stringContaining("succeeded at 2026-11-28T03:00:00"),
        healthy: true,
      },
    ]);
  });
});
