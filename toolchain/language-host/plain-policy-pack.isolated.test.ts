import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { useScratch } from "../testing/scratch.ts";

const scratch = useScratch();
const Module = createRequire(import.meta.url)("node:module") as { _load: unknown };
const load = Module._load;
await import("./plain-policy-pack.ts");
afterAll(() => {
  Module._load = load;
});
afterEach(() => void vi.unstubAllEnvs());

/** What an entry point of the SDK asks its `run` for. */
function asked(entryPoint: string): unknown {
  return createRequire(import.meta.url)(join(scratch.path, entryPoint, "index.js"));
}

beforeEach(() => {
  for (const entryPoint of ["run", "run-policy-pack"]) {
    mkdirSync(join(scratch.path, entryPoint));
    writeFileSync(join(scratch.path, entryPoint, "package.json"), "{}");
    writeFileSync(join(scratch.path, entryPoint, "run.js"), "exports.run = (options) => options;");
    writeFileSync(
      join(scratch.path, entryPoint, "index.js"),
      'module.exports = require("./run").run({ argv: 1, typeScript: true });',
    );
  }
});

it("spares a policy pack TypeScript unless its options ask for it", () => {
  expect(asked("run-policy-pack")).toEqual({ argv: 1, typeScript: false });
});

it("gives it to one whose options do, and to programs as they are", () => {
  vi.stubEnv("PULUMI_NODEJS_TYPESCRIPT", "true");
  expect(asked("run-policy-pack")).toEqual({ argv: 1, typeScript: true });
  vi.stubEnv("PULUMI_NODEJS_TYPESCRIPT", "");
  expect(asked("run")).toEqual({ argv: 1, typeScript: true });
});

it("spares a policy pack, and no program, the watch over all scripts for closures to serialise", async () => {
  for (const entryPoint of ["run", "run-policy-pack"])
    writeFileSync(
      join(scratch.path, entryPoint, "index.js"),
      'module.exports = require("../../runtime/closure/v8Hooks").isInitializedAsync();',
    );
  await expect(asked("run-policy-pack")).resolves.toBeUndefined();
  expect(() => asked("run")).toThrow("v8Hooks");
});
