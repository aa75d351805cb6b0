import { describe, expect, test } from "vitest";
import { Unreachable } from "../../provider/errors.ts";
import { cluster, pod, type Cluster } from "../../provider/testing/cluster.ts";
import type { WorkloadName } from "../../images/pod/workloads.ts";
import { observeCluster } from "./observe.ts";

const labels = { app: "headscale" };
const server: WorkloadName = { kind: "Deployment", namespace: "mesh", name: "headscale" };

const deployment = (readyReplicas: number, refusal?: string) => ({
  metadata: { name: "headscale", namespace: "mesh", generation: 1 },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels } } },
  status: {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas,
    conditions:
      refusal === undefined
        ? []
        : [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal }],
  },
});
const service = (spec: object, status: object = {}, namespace = "mesh") => ({
  metadata: { name: "headscale", namespace },
  spec: { selector: labels, clusterIP: "10.96.0.9", ports: [{ port: 443 }], ...spec },
  status,
});

async function holding(readyReplicas: number, services: unknown[] = [service({})], refusal?: string): Promise<Cluster> {
  const served = await cluster(() => ({}));
  Object.assign(served.lists, {
    "/apis/apps/v1/deployments": [deployment(readyReplicas, refusal)],
    "/api/v1/services": services,
  });
  return served;
}

const only = async ({ address: { kubeconfig } }: Cluster) => (await observeCluster(kubeconfig, [server])).workloads[0];

describe("a cluster", () => {
  test("tells its version and how each workload is, by a list for each kind", async () => {
    const served = await holding(1);
    const {
      version,
      workloads,
      server: url,
    } = await observeCluster(served.address.kubeconfig, [server, { ...server, name: "lost" }, server]);
    expect(version).toBe("v1.36.3");
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(workloads).toEqual([
      { state: "1/1 ready", condition: "well", address: "10.96.0.9:443" },
      { state: "Deployment mesh/lost is gone", condition: "ill" },
      { state: "1/1 ready", condition: "well", address: "10.96.0.9:443" },
    ]);
    expect(served.asked.sort()).toEqual(["/api/v1/services", "/apis/apps/v1/deployments", "/version"]);
  });

  test("tells of everything in a namespace, named or not", async () => {
    const served = await holding(1),
      lists = served.lists;
    Object.assign(lists, {
      "/apis/apps/v1/deployments": [
        deployment(1),
        { ...deployment(1), metadata: { name: "other", namespace: "elsewhere", generation: 1 } },
      ],
      "/apis/apps/v1/statefulsets": [],
      "/apis/apps/v1/daemonsets": [],
      "/apis/batch/v1/cronjobs": [],
    });
    const { inNamespaces } = await observeCluster(served.address.kubeconfig, [], ["mesh"]);
    expect(inNamespaces).toEqual([{ ...server, state: "1/1 ready", condition: "well", address: "10.96.0.9:443" }]);
  });

  test("that does not answer, or refuses, is no finding but an error", async () => {
    const served = await holding(1);
    served.status = 403;
    await expect(only(served)).rejects.toMatchObject({ code: "cluster-refused" });
    const away = served.address.kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:9");
    await expect(observeCluster(away, [server])).rejects.toBeInstanceOf(Unreachable);
  });
});

describe("a workload that is ill", () => {
  test.each<[string, unknown, string]>([
    [
      "waits for its image",
      pod("a", { ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } }),
      "ImagePullBackOff: no such image",
    ],
    [
      "crashes",
      pod("a", {
        ready: false,
        state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
        last: { reason: "Error", exitCode: 3 },
      }),
      "CrashLoopBackOff: it ended with exit code 3",
    ],
    [
      "runs out of memory",
      pod("a", {
        ready: false,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        last: { reason: "OOMKilled", exitCode: 137 },
      }),
      "CrashLoopBackOff: OOMKilled with exit code 137",
    ],
    [
      "finds no node",
      {
        metadata: { name: "a" },
        status: {
          conditions: [
            { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" },
          ],
        },
      },
      "Unschedulable: 0/1 nodes are available",
    ],
  ])("says that its pod %s", async (_what, itsPod, why) => {
    const served = await holding(0);
    const evicted = {
      metadata: { name: "evicted" },
      status: {
        phase: "Failed",
        reason: "Evicted",
        containerStatuses: [{ name: "a", ready: false, state: { terminated: { reason: "Error", exitCode: 143 } } }],
      },
    };
    served.pods = [
      pod("leaving", { ready: false, deleted: true, state: { terminated: { reason: "Completed" } } }),
      evicted,
      itsPod,
    ];
    expect(await only(served)).toMatchObject({
      state: `0/1 ready: ${why}`,
      condition: "ill",
      address: "10.96.0.9:443",
    });
  });

  test("and has no pod says what kept it from one", async () => {
    const [served, refused] = [await holding(0), await holding(0, [], "exceeded quota")];
    served.pods = refused.pods = [];
    expect(await only(served)).toMatchObject({ state: "0/1 ready: no pod yet" });
    expect(await only(refused)).toEqual({ state: "0/1 ready: FailedCreate: exceeded quota", condition: "ill" });
  });
});

describe("the address of a workload", () => {
  test.each<[string, unknown[], string | undefined]>([
    [
      "its Service's in the cluster, with every port once",
      [service({ ports: [{ port: 53 }, { port: 53 }, { port: 9153 }] })],
      "10.96.0.9:53,9153",
    ],
    [
      "a load balancer's",
      [service({ type: "LoadBalancer" }, { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } })],
      "192.0.2.7:443",
    ],
    ["a name where there is no address", [service({ clusterIP: "None" })], "headscale.mesh:443"],
    [
      "none of a Service for others",
      [
        service({ selector: { ...labels, other: "label" } }),
        service({}, {}, "elsewhere"),
        service({ selector: undefined }),
      ],
      undefined,
    ],
  ])("is %s", async (_what, services, address) => {
    expect((await only(await holding(1, services)))?.address).toBe(address);
  });

  test("that a load balancer does not give is missed", async () => {
    expect(await only(await holding(1, [service({ type: "LoadBalancer" })]))).toEqual({
      state: "1/1 ready, but the Service headscale has no address yet",
      condition: "ill",
    });
  });
});
