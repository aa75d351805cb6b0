import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { inputs } from "../testing/node-spec.ts";
import { scratchFolder, scratchHome } from "../testing/scratch.ts";
import { embeddedNode } from "./embedded-node.ts";
import { PartlyCreated } from "./resource.ts";

const silent = (): void => {};

/** A node of which only files are there. */
function stoppedNode(): string {
  const folder = join(scratchHome(), "clusters", inputs.clusterName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "identity"), inputs.clusterIdentifier);
  writeFileSync(join(folder, "spec.json"), JSON.stringify(inputs));
  return folder;
}

describe("EmbeddedNode", () => {
  test("is replaced, the old one first, only for what its data depends on", () => {
    expect(embeddedNode.deleteFirst).toBe(true);
    expect([...Object.keys(inputs), "publish", "keepVolumes"].filter((input) => embeddedNode.replaces(input))).toEqual([
      "clusterName",
      "clusterIdentifier",
      "podCidr",
      "serviceCidr",
    ]);
  });

  test("exists where its data is, and not where another's is", async () => {
    scratchHome();
    expect(await embeddedNode.exists(inputs)).toBe(false);
    stoppedNode();
    expect(await embeddedNode.exists(inputs)).toBe(true);
    expect(await embeddedNode.exists({ ...inputs, clusterIdentifier: "5f1a7c1e-1111-4222-8333-444455556666" })).toBe(
      false,
    );
  });

  test("shows as an update when it is stopped, or gone", async () => {
    stoppedNode();
    expect(await embeddedNode.drift(inputs, { ...inputs, kubeconfig: "" })).toBe("the cluster is stopped");
    scratchHome();
    expect(await embeddedNode.drift(inputs, { ...inputs, kubeconfig: "" })).toBe("there is no such cluster");
  });

  test("that failed to start says what it left, and why it failed", async () => {
    stoppedNode();
    vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", failingToolchain());
    const error: unknown = await embeddedNode.create(inputs, silent).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PartlyCreated);
    expect(error).toMatchObject({ id: inputs.clusterName, cause: { name: "ActionableError" } });
  });

  test("that left nothing fails as it is", async () => {
    scratchHome();
    vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", failingToolchain());
    await expect(embeddedNode.create(inputs, silent)).rejects.not.toBeInstanceOf(PartlyCreated);
    expect(await embeddedNode.exists(inputs)).toBe(false);
  });
});

function failingToolchain(): string {
  const path = join(scratchFolder(), "toolchain.mjs");
  writeFileSync(path, 'process.stderr.write("no network today\\n"); process.exit(1);');
  return path;
}
