import { execa } from "execa";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { externalImages } from "../../toolchain/images/dockerfile.ts";
import { root } from "../support/guildnet.ts";
import { programsOf } from "../support/programs.ts";

test("notes are read, found and kept together, by the Node of their image", async () => {
  const folder = await mkdtemp(join(tmpdir(), "guildnet-node-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [image] = externalImages(await readFile(join(root, "images/notes/Dockerfile"), "utf8"));
  if (image === undefined) throw new Error("the notes' image has no base");
  await programsOf(image, ["usr/local/bin/node"], folder);
  const node = join(folder, "node");
  expect(image).toContain(`:${(await execa(node, ["--version"])).stdout.slice(1)}-`);

  // Its tests are a part of this one, and counted with it.
  const env = { PATH: [folder, process.env.PATH].join(delimiter), GUILDNET_TEST_COUNTS: undefined };
  const { exitCode, all } = await execa(
    node,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "notes"],
    { cwd: root, env, reject: false, all: true },
  );
  expect(exitCode, all).toBe(0);
  expect(all).toMatch(/\b[1-9]\d* passed, 0 failed, 0 skipped/);
});
