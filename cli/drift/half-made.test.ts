import { describe, expect, it } from "vitest";
import { apiServer } from "../../provider/testing/cluster.ts";
import type { StateResource } from "../../engine/stack-state.ts";
import { findMade, findMadeElsewhere } from "./half-made.ts";

const provider = (kubeconfig: string): StateResource => ({
  urn: "p",
  type: "pulumi:providers:kubernetes",
  id: "1",
  inputs: { kubeconfig },
});
const begun = (kind: string, name: string, annotations = {}): StateResource => ({
  urn: `u::${name}`,
  type: `kubernetes:core/v1:${kind}`,
  provider: "p::1",
  inputs: { apiVersion: "v1", kind, metadata: { name, namespace: "ws-ada", annotations } },
});
const stateWith = (...resources: StateResource[]) => ({ deployment: { resources } });
const away =
  "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{ name: a, context: { cluster: a, user: a } }]\nusers: [{ name: a, user: {} }]\nclusters: [{ name: a, cluster: { server: 'https://127.0.0.1:9' } }]\n";
const user: StateResource = { urn: "u::ada", type: "guildnet:index:HeadscaleUser", inputs: { name: "ada" } };
const node: StateResource = {
  urn: "n",
  type: "guildnet:index:EmbeddedNode",
  inputs: { clusterName: "guildnet-no-such-cluster" },
};

describe("what a killed run began to make", () => {
  it("is found in its cluster, with the manager of its fields, and neither what is not there is nor what somebody else made", async () => {
    const there = {
      metadata: {
        name: "made",
        namespace: "ws-ada",
        uid: "1",
        managedFields: [
          { manager: "pulumi-kubernetes-1a2b", operation: "Apply" },
          { manager: "kube-controller-manager", operation: "Update" },
        ],
      },
    };
    const somebodys = {
      metadata: { ...there.metadata, name: "somebodys", managedFields: [{ manager: "kubectl", operation: "Apply" }] },
    };
    const patched = {
      metadata: { ...there.metadata, name: "patched", managedFields: [{ manager: "guildnet", operation: "Apply" }] },
    };
    const services = "/api/v1/namespaces/ws-ada/services";
    const answers: Record<string, object> = {
      "/api/v1": { resources: [{ name: "services", kind: "Service" }] },
      [`${services}/made`]: there,
      [`${services}/somebodys`]: somebodys,
      [`${services}/patched`]: patched,
    };
    const { kubeconfig } = await apiServer(({ url = "" }, response) => {
      response
        .writeHead(url in answers ? 200 : 404, { "Content-Type": "application/json" })
        .end(JSON.stringify(answers[url]));
    });
    const found = await findMade(
      [
        begun("Service", "made"),
        begun("Service", "not-made"),
        begun("Service", "somebodys"),
        begun("Service", "patched", { "pulumi.com/patchFieldManager": "guildnet" }),
        user,
      ],
      stateWith(provider(kubeconfig)),
    );
    expect([...found]).toEqual([
      ["u::ada", { id: expect.any(String) as string, outputs: {} }],
      [
        "u::made",
        { id: "ws-ada/made", outputs: { __initialApiVersion: "v1", __fieldManager: "pulumi-kubernetes-1a2b" } },
      ],
      ["u::patched", { id: "ws-ada/patched", outputs: { __initialApiVersion: "v1", __fieldManager: "guildnet" } }],
    ]);
  });

  it("stays as it is where somebody's cluster does not answer, and goes with an embedded one", async () => {
    const objects = [begun("Service", "made")];
    for (const find of [findMade, findMadeElsewhere]) {
      await expect(find(objects, stateWith(provider(away)))).rejects.toMatchObject({
        code: "half-made-unseen",
        message: expect.stringMatching(/made made.*127\.0\.0\.1:9[^]*Nothing was changed/) as string,
      });
    }
    expect(await findMadeElsewhere(objects, stateWith(provider(away), node))).toEqual(new Map());
  });

  it("is told of where the cluster that has it can't be started either", async () => {
    await expect(findMade([begun("Service", "made")], stateWith(provider(away), node))).rejects.toMatchObject({
      code: "half-made-unseen",
    });
  });
});
