import { describe, expect, test } from "vitest";
import { objectStore } from "../testing/object-store.ts";
import { dryRun } from "./dry-run.ts";

const silent = (): void => {};
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "trial", namespace: "here" } };
const path = "/api/v1/namespaces/here/configmaps/trial?fieldManager=guildnet&force=true&dryRun=All";

describe("DryRun", () => {
  test("tries an object until nothing behind the API server is missing any more, and keeps nothing", async () => {
    const store = await objectStore();
    store.busy = 3;
    const { id } = await dryRun.create({ kubeconfig: store.kubeconfig, object, timeoutSeconds: 30 }, silent);
    expect(store.calls.at(-1)).toBe(`PATCH ${path}`);
    expect(store.objects.size).toBe(0);
    expect((await dryRun.update({ kubeconfig: store.kubeconfig, object, timeoutSeconds: 30 }, silent, { id })).id).toBe(
      id,
    );
  });

  test("gives up after its time, with the server's own words", async () => {
    const store = await objectStore();
    store.busy = Infinity;
    await expect(
      dryRun.create({ kubeconfig: store.kubeconfig, object, timeoutSeconds: 1 }, silent),
    ).rejects.toMatchObject({
      code: "cluster-unreachable",
      message: expect.stringContaining("answered 503 to GET /api/v1: no endpoints available"),
    });
  });

  test("does not wait where the API server does not know the kind", async () => {
    const { kubeconfig } = await objectStore();
    await expect(
      dryRun.create({ kubeconfig, object: { ...object, kind: "Widget" }, timeoutSeconds: 30 }, silent),
    ).rejects.toMatchObject({ code: "cluster-refused", message: "the API server has no kind Widget of v1" });
  });

  test("refuses what is no object", () => {
    expect(
      dryRun
        .check({ kubeconfig: "k", object: { kind: "ConfigMap" }, timeoutSeconds: 1 })
        .map((issue) => issue.path.join(".")),
    ).toEqual(["object.apiVersion", "object.metadata"]);
  });
});
