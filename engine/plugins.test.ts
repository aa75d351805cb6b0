import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { placeKubernetesPlugin } from "./plugins.ts";

const scratch = useScratch();

it("links the plugin into a real folder, and follows it when it moves", () => {
  const tool = (name: string) => {
    const path = join(scratch.path, name);
    mkdirSync(join(path, "bin"), { recursive: true });
    writeFileSync(join(path, "bin", "pulumi-resource-kubernetes"), "");
    return { version: "4.25.0", path, source: "registries" } as const;
  };
  const folder = join(scratch.home.pulumi, "plugins", "resource-kubernetes-v4.25.0");
  for (const name of ["a", "a", "b"]) {
    placeKubernetesPlugin(scratch.home, tool(name));
    expect(readlinkSync(join(folder, "pulumi-resource-kubernetes"))).toBe(
      join(scratch.path, name, "bin", "pulumi-resource-kubernetes"),
    );
  }
  expect(lstatSync(folder).isSymbolicLink()).toBe(false);
});
