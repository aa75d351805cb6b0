import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { bundleOf } from "../toolchain/program/bundle.mjs";
import { PROJECT_ROOT } from "../toolchain/project.ts";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { lockStack } from "./command-lock.ts";

const scratch = useScratch();

it("gives a stack to one command at a time, and says who has it", async () => {
  const scope = [scratch.path, "dev"];
  const first = await lockStack(scope, "up");
  expect(first).toHaveProperty("free");
  expect(await lockStack(scope, "down")).toEqual({ holder: { pid: process.pid, command: "up" } });
  expect(await lockStack([scratch.path, "other"], "down")).toHaveProperty("free");
  if ("free" in first) first.free();
  expect(await lockStack(scope, "down")).toHaveProperty("free");
});

it("is free at once when the command that had it was killed", async () => {
  const file = await bundleOf(PROJECT_ROOT, "engine/command-lock.ts", { split: true });
  const scope = [scratch.path, "killed"];
  const program = `
    const { lockStack } = await import(${JSON.stringify(file)});
    console.log(JSON.stringify(await lockStack(${JSON.stringify(scope)}, "up")));
    setInterval(() => {}, 1000);`;
  const holding = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  expect(String(await once(holding.stdout, "data"))).toBe("{}\n");
  expect(await lockStack(scope, "down")).toEqual({ holder: { pid: holding.pid, command: "up" } });
  holding.kill("SIGKILL");
  await once(holding, "close");
  expect(await lockStack(scope, "down")).toHaveProperty("free");
});
