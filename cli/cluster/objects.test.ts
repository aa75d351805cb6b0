import type { RequestListener } from "node:http";
import { describe, expect, test } from "vitest";
import { Unreachable } from "../../provider/errors.ts";
import { apiServer } from "../../provider/testing/cluster.ts";
import { observeObjects, type Sought } from "./objects.ts";

const labels = { "part-of": "guild" };
const policy = (name: string, more: Record<string, string> = {}): Sought => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  namespace: "ws-ada",
  name,
  labels: { ...labels, ...more },
});
const live = (name: string, namespace?: string) => ({
  metadata: { name, ...(namespace !== undefined && { namespace }), uid: `uid of ${name}` },
});
const kinds = {
  "/apis/networking.k8s.io/v1": {
    resources: [
      { name: "networkpolicies/status", kind: "NetworkPolicy" },
      { name: "networkpolicies", kind: "NetworkPolicy" },
    ],
  },
  "/api/v1": { resources: [{ name: "namespaces", kind: "Namespace" }] },
};
const list = "/apis/networking.k8s.io/v1/networkpolicies?labelSelector=part-of%3Dguild";

/** An API server that has these, and nothing besides, or refuses what is a number. */
async function serving(paths: Record<string, object | number>): Promise<{ kubeconfig: string; asked: string[] }> {
  const asked: string[] = [],
    all: Record<string, object | number> = { ...kinds, ...paths };
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? "",
      found = all[path] ?? 404;
    asked.push(path);
    response
      .writeHead(typeof found === "number" ? found : 200)
      .end(JSON.stringify(typeof found === "number" ? {} : found));
  };
  return { kubeconfig: (await apiServer(answer)).kubeconfig, asked };
}

describe("the objects of a cluster", () => {
  test("are asked for by one list for each kind, and those that are in none of them by name", async () => {
    const { kubeconfig, asked } = await serving({
      [list]: { items: [live("deny", "ws-ada"), live("deny", "ws-bob")] },
      "/apis/networking.k8s.io/v1/namespaces/ws-ada/networkpolicies/bare": live("bare", "ws-ada"),
      "/api/v1/namespaces/ws-ada": live("ws-ada"),
    });
    const space: Sought = { apiVersion: "v1", kind: "Namespace", name: "ws-ada", labels };
    const found = await observeObjects(kubeconfig, [
      policy("lost"),
      space,
      policy("deny", { more: "labels" }),
      policy("bare"),
    ]);
    expect(found.map((one) => one?.metadata.uid)).toEqual([undefined, "uid of ws-ada", "uid of deny", "uid of bare"]);
    expect(asked.sort()).toEqual([
      "/api/v1",
      "/api/v1/namespaces/ws-ada",
      "/apis/networking.k8s.io/v1",
      "/apis/networking.k8s.io/v1/namespaces/ws-ada/networkpolicies/bare",
      "/apis/networking.k8s.io/v1/namespaces/ws-ada/networkpolicies/lost",
      list,
    ]);
  });

  test("are gone where their kind is", async () => {
    const { kubeconfig } = await serving({});
    expect(
      await observeObjects(kubeconfig, [
        { ...policy("a"), apiVersion: "example.org/v1" },
        { ...policy("a"), kind: "Unknown" },
      ]),
    ).toEqual([undefined, undefined]);
  });

  test("are asked for by name where the list is refused", async () => {
    const { kubeconfig } = await serving({
      [list]: 403,
      "/apis/networking.k8s.io/v1/namespaces/ws-ada/networkpolicies/a": live("a", "ws-ada"),
    });
    expect((await observeObjects(kubeconfig, [policy("a"), policy("b")])).map((one) => one?.metadata.name)).toEqual([
      "a",
      undefined,
    ]);
  });

  test("are not said to be gone by a cluster that refuses to tell, or does not answer", async () => {
    const { kubeconfig } = await serving({
      [list]: 403,
      "/apis/networking.k8s.io/v1/namespaces/ws-ada/networkpolicies/a": 403,
    });
    await expect(observeObjects(kubeconfig, [policy("a"), policy("b")])).rejects.toMatchObject({
      code: "cluster-refused",
    });
    await expect(
      observeObjects(kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:9"), [policy("a")]),
    ).rejects.toBeInstanceOf(Unreachable);
  });
});
