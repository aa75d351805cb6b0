import { expect, test } from "vitest";
import { imageReference } from "../../provider/sdk/index.ts";
import { imageOf } from "../kube/image-supply.ts";
import type { ImageSupply } from "../kube/image-supply.ts";
import { record } from "../testing/record.ts";
import { ExistingCluster } from "./existing-cluster.ts";
import type { ExistingClusterArgs } from "./existing-cluster.ts";

const cluster = { kubeconfig: "kubeconfig", endpoint: "https://example.org", identity: "theirs" };
const context = "images/workspace";

async function supplied(args: Pick<ExistingClusterArgs, "images" | "registry">) {
  let images: ImageSupply = {};
  const all = await record(() => void ({ images } = new ExistingCluster("it", { ...cluster, ...args })));
  return { images, pushed: all.filter(({ type }) => type === "guildnet:index:PushedImage") };
}

test("images of others are pulled by their own references, with or without a registry", async () => {
  for (const registry of [undefined, { address: "registry.example.org" }]) {
    const { images, pushed } = await supplied({ images: { tool: { reference: "example.org/tool:1" } }, registry });
    expect([images["tool"], pushed]).toEqual(["example.org/tool:1", []]);
  }
});

test("what is built here is pushed under the hash of what goes into it", async () => {
  const { pushed } = await supplied({
    images: { tool: { context, buildArgs: { A: "1" } }, other: { reference: "example.org/other:1" } },
    registry: { address: "registry.example.org/guild" },
  });
  expect(pushed.map(({ name }) => name)).toEqual(["it-image-tool"]);
  expect(pushed[0]?.inputs).toEqual({
    image: imageReference("tool", context, { A: "1" }),
    context,
    buildArgs: { A: "1" },
    registry: { address: "registry.example.org/guild" },
  });
});

test("what is built here can't be had without a registry, which is said to who asks for it", async () => {
  const { images, pushed } = await supplied({
    images: { tool: { context }, other: { reference: "example.org/other:1" } },
  });
  expect(pushed).toEqual([]);
  expect(imageOf(images, "other")).toBe("example.org/other:1");
  for (const name of ["tool", "nothing"])
    expect(() => imageOf(images, name)).toThrow(
      `the cluster was given no image "${name}", or no registry to push it to`,
    );
});
