import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { lowSharedLimits, raiseSharedLimits } from "./shared-limits.ts";

function settings(instances: number, watches: number): { root: string; now: () => number[] } {
  const root = scratchFolder(),
    folder = join(root, "fs", "inotify");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "max_user_instances"), `${instances}\n`);
  writeFileSync(join(folder, "max_user_watches"), `${watches}\n`);
  return {
    root,
    now: () =>
      ["max_user_instances", "max_user_watches"].map((name) => Number(readFileSync(join(folder, name), "utf8"))),
  };
}

test("raises the limits that are too low for many editors, and lowers none", () => {
  const { root, now } = settings(128, 2_000_000);
  expect(lowSharedLimits(root)).toEqual([
    "fs.inotify.max_user_instances is 128, which all workspaces share (8192 would do: sysctl fs.inotify.max_user_instances=8192)",
  ]);
  expect(raiseSharedLimits(root)).toEqual([]);
  expect(now()).toEqual([8192, 2_000_000]);
  expect(lowSharedLimits(root)).toEqual([]);
});

test("says which it may not raise, and why", () => {
  const { root, now } = settings(128, 192_536),
    path = join(root, "fs", "inotify", "max_user_watches");
  // A setting of the kernel's that root may read alone.
  rmSync(path);
  symlinkSync("/proc/sys/kernel/random/entropy_avail", path);
  expect(raiseSharedLimits(root)).toEqual([
    expect.stringMatching(/^fs\.inotify\.max_user_watches is \d+, .* and can't be raised from here \(EACCES\)$/),
  ]);
  expect(now()[0]).toBe(8192);
});
