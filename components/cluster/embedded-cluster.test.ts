import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import { EmbeddedCluster, embeddedClusterName } from "./embedded-cluster.ts";

describe("embeddedClusterName", () => {
  test("is readable where it can be", () => {
    expect(embeddedClusterName("guildnet", "dev", "cluster")).toBe("guildnet-dev-cluster");
  });

  test.each([
    ["guildnet", "Dev_1", "cluster"],
    ["guildnet", "dev.1", "cluster"],
    ["x".repeat(40), "dev", "cluster"],
    ["guildnet", "-", "-"],
  ])("makes a DNS label of %s, %s, %s", (...parts) => {
    expect(embeddedClusterName(...parts)).toMatch(/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/);
  });

  test("never gives two stacks one name", () => {
    const names = ["Dev", "dev", "d.ev", "d_ev", `${"long".repeat(20)}1`, `${"long".repeat(20)}2`].map((stack) =>
      embeddedClusterName("guildnet", stack, "cluster"),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

test("the node's LAN is what it is told, and its own without a word", async () => {
  for (const [args, lanCidr] of [
    [{}, "198.19.0.0/24"],
    [{ lanCidr: "192.168.77.0/24" }, "192.168.77.0/24"],
  ] as const) {
    let made: EmbeddedCluster | undefined;
    const all = await record(() => void (made = new EmbeddedCluster("it", args)));
    expect(all.find(({ name }) => name === "it-node")?.inputs).toMatchObject({ lanCidr });
    expect(made).toMatchObject({ lanCidr, lanInterface: "lan0" });
  }
});

test("images that a person waits for are made before the others", async () => {
  const images = {
    late: { reference: "example.org/late:1" },
    early: { reference: "example.org/early:1", first: true },
    later: { reference: "example.org/later:1" },
  };
  const all = await record(() => new EmbeddedCluster("it", { images }));
  const named = (key: string) => all.find(({ name }) => name === `it-image-${key}`);
  const waitsFor = (key: string) =>
    Object.keys(images).filter((other) => named(key)?.dependencies.includes(named(other)?.urn ?? ""));
  expect(Object.keys(images).map(waitsFor)).toEqual([["early"], [], ["early"]]);
  for (const key of ["pause", "coredns"]) expect(named("late")?.dependencies).toContain(named(key)?.urn);
});

test("images perish with their node and are made again with a new one; objects wait for the sandbox image", async () => {
  const all = await record(() => new EmbeddedCluster("it", { images: { tool: { reference: "example.org/tool:1" } } }));
  const node = all.find(({ name }) => name === "it-node");
  const images = all.filter(({ type }) => type === "guildnet:index:NodeImage");
  expect(images).toHaveLength(3);
  for (const image of images) {
    expect(image.deletedWith).toBe(node?.urn);
    expect(image.replaceWith).toEqual([node?.urn]);
  }
  const provider = all.find(({ name }) => name === "it-kubernetes");
  expect(provider?.dependencies).toContain(all.find(({ name }) => name === "it-image-pause")?.urn);
  expect(provider?.inputs["clusterIdentifier"]).toBe("id-of-project-stack-it");
});
