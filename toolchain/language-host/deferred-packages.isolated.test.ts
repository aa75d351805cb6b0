import { createRequire } from "node:module";
import { afterAll, expect, it } from "vitest";

const require = createRequire(import.meta.url);
const Module = require("node:module") as { _load: unknown };
const load = Module._load;
afterAll(() => {
  Module._load = load;
});

it("loads TypeScript when something of it is used, and not before", async () => {
  await import("./deferred-packages.ts");
  const file = require.resolve("typescript");
  const typescript = require("typescript") as { transpile(source: string): string };
  expect(require.cache[file]).toBeUndefined();
  expect(typescript.transpile("const a: number = 1;")).toContain("const a = 1;");
  expect(require.cache[file]).toBeDefined();
  expect("createProgram" in typescript).toBe(true);
  expect(Object.keys(typescript)).toContain("createProgram");
});

it("loads the SDK's automation API when something of it is used", () => {
  const file = require.resolve("@pulumi/pulumi/automation");
  const { automation } = require("@pulumi/pulumi") as { automation: { LocalWorkspace: { name: string } } };
  expect(require.cache[file]).toBeUndefined();
  expect(automation.LocalWorkspace.name).toBe("LocalWorkspace");
  expect(require.cache[file]).toBeDefined();
});

it("leaves other packages alone", () => {
  expect(require("yaml")).toHaveProperty("parse");
});
