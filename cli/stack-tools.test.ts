import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { toolsForStack, usesForeignPlugins } from "./stack-tools.ts";
import { useScratch } from "../toolchain/testing/scratch.ts";

const scratch = useScratch();

it.each([
  ["nothing", undefined, true],
  ["no config", "", true],
  ["an embedded cluster", "config:\n  guildnet:guild:\n    cluster: { kind: embedded }\n", true],
  ["an existing cluster", "config:\n  guildnet:guild:\n    cluster: { kind: existing }\n", false],
])("builds Kubernetes for a stack file of %s: %s", (_what, text, embedded) => {
  if (text !== undefined) writeFileSync(join(scratch.path, "Pulumi.x.yaml"), text);
  const tools = toolsForStack({ root: scratch.path }, "x");
  expect(tools.slice(0, 2)).toEqual(["pulumi", "pulumi-kubernetes"]);
  expect(tools.includes("kubernetes")).toBe(embedded);
});

it.each([
  ["nothing", "", false],
  ["a mesh of the guild's own", "    mesh: { kind: headscale }\n", false],
  ["a tailnet", "    mesh: { kind: tailnet }\n", true],
  ["a mesh on a Docker host", "    mesh: { kind: headscale, placement: host }\n", true],
])("has the engine fetch plugins for a stack file of %s: %s", (_what, text, uses) => {
  writeFileSync(join(scratch.path, "Pulumi.x.yaml"), text === "" ? "" : `config:\n  guildnet:guild:\n${text}`);
  expect(usesForeignPlugins({ root: scratch.path }, "x")).toBe(uses);
});
