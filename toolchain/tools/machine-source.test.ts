import { mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openLog } from "../log.ts";
import { useScratch } from "../testing/scratch.ts";
import { findProgram, machineSource } from "./machine-source.ts";

const scratch = useScratch();
const program = (name: string, version: string) =>
  writeFileSync(join(scratch.path, name), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
const wants = (name: string) => ({
  program: name,
  args: ["--version"],
  accepts: (output: string) => output.includes("1.2.3"),
});

beforeEach(() => vi.stubEnv("PATH", `${scratch.path}:${process.env.PATH}`));
afterEach(() => vi.unstubAllEnvs());

it("is suitable when every program is there at the version", async () => {
  const source = machineSource([wants("gn-a"), wants("gn-b")]);
  program("gn-a", "v1.2.3");
  expect(await source.available()).toBe(false);
  program("gn-b", "v1.2.4");
  expect(await source.available()).toBe(false);
  program("gn-b", "v1.2.3");
  expect(await source.available()).toBe(true);
});

it("links the programs into bin", async () => {
  program("gn-a", "1.2.3");
  const folder = join(scratch.path, "tool");
  mkdirSync(folder);
  await machineSource([wants("gn-a")]).provide(folder, {
    home: scratch.home,
    log: openLog(scratch.home, "m"),
    report: () => {},
  });
  expect(readlinkSync(join(folder, "bin", "gn-a"))).toBe(join(scratch.path, "gn-a"));
});

it("finds what can be executed", () => {
  writeFileSync(join(scratch.path, "gn-text"), "", { mode: 0o644 });
  program("gn-a", "1");
  expect(findProgram("gn-text", scratch.path)).toBeUndefined();
  expect(findProgram("gn-a", `::/nowhere:${scratch.path}`)).toBe(join(scratch.path, "gn-a"));
});
