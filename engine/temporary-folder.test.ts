import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";

const scratch = useScratch();

test("the engine's temporary folder is private, and gone afterwards, also when the work fails", async () => {
  const { home } = scratch;
  const failing = withTemporaryFolder(home, async (folder) => {
    writeFileSync(join(folder, "kubeconfig123"), "secret");
    expect(statSync(folder).mode & 0o077).toBe(0);
    throw new Error("the engine failed");
  });
  await expect(failing).rejects.toThrow("the engine failed");
  expect(readdirSync(join(home.root, "tmp"))).toEqual([]);
});

test("what a killed run left goes with the next run; what a living one uses stays", async () => {
  const { home } = scratch;
  const dead = join(home.root, "tmp", "engine-999999999-a"),
    living = join(home.root, "tmp", `engine-${process.ppid}-b`);
  for (const folder of [dead, living]) mkdirSync(folder, { recursive: true });
  await withTemporaryFolder(home, async () => {});
  expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
});
