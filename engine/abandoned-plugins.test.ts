import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { endAbandonedPlugins } from "./abandoned-plugins.ts";

const scratch = useScratch();

test("a plugin without its engine is ended", async () => {
  const plugin = await start();
  const ended = once(plugin, "exit");
  expect(endAbandonedPlugins(realpathSync(plugin.spawnfile), () => false)).toEqual([
    expect.stringContaining(String(plugin.pid)),
  ]);
  expect(await ended).toEqual([null, "SIGKILL"]);
});

test("a plugin of a living engine, and other programs, go on", async () => {
  const plugin = await start();
  expect(endAbandonedPlugins(realpathSync(plugin.spawnfile), (pid) => pid === process.pid)).toEqual([]);
  expect(endAbandonedPlugins(join(scratch.path, "another"), () => false)).toEqual([]);
  expect(plugin.exitCode).toBeNull();
});

/** Stands for a plugin: a program of its own that does nothing for long. */
async function start(): Promise<ChildProcess> {
  const program = join(scratch.path, "plugin");
  copyFileSync("/bin/sleep", program);
  const child = spawn(program, ["600"]);
  await once(child, "spawn");
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
