import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { machine } from "../testing/containerd.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { bringImage, imagesOn } from "./images.ts";
import { guildnetHome } from "./layout.ts";

const reference = "guildnet.local/a:b";
const diffId = `sha256:${"1".repeat(64)}`;

/** A toolchain that answers for an image, and exports an archive of it. */
function toolchain(answer: object): void {
  const path = join(scratchFolder(), "toolchain.mjs");
  writeFileSync(
    path,
    `
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
if (process.argv[2] === "image") console.log(${JSON.stringify(JSON.stringify(answer))});
else {
  writeFileSync("${join(path, "..", "index.json")}", JSON.stringify({ annotations: { "io.containerd.image.name": process.argv[3] } }));
  process.stdout.write(execFileSync("tar", ["-c", "-C", "${join(path, "..")}", "index.json"]));
}`,
  );
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** A layer's folder below GUILDNET_HOME. */
function layer(): string {
  const folder = join(guildnetHome(), "storage", "layer");
  mkdirSync(folder, { recursive: true });
  return folder;
}

const answer = (folder: string): object => ({
  reference,
  id: diffId,
  unpacked: { config: "{}", layers: [{ diffId, size: 1, folder }] },
});

describe("bringImage", () => {
  test("links an image that lies unpacked, and never asks for its archive", async () => {
    const { node, snapshots } = machine(),
      lines: string[] = [];
    toolchain(answer(layer()));
    await bringImage(node, reference, {}, (line) => lines.push(line));
    expect([...(await imagesOn(node))]).toContain(reference);
    expect(snapshots()).toEqual([diffId]);
    expect(lines).toEqual([`loading ${reference}`]);
  });

  test("asks nobody for an image that is there", async () => {
    const { node, asked } = machine();
    toolchain(answer(layer()));
    await bringImage(node, reference, {}, () => {});
    const before = asked().length;
    toolchain({});
    await bringImage(node, reference, {}, () => {});
    expect(asked()).toHaveLength(before);
  });

  test("copies an image whose files can't be linked, and says why", async () => {
    const { node, snapshots } = machine(),
      lines: string[] = [];
    toolchain(answer("/nowhere/at/all"));
    await bringImage(node, reference, {}, (line) => lines.push(line));
    expect([...(await imagesOn(node))]).toContain(reference);
    expect(snapshots()).toEqual([]);
    expect(lines).toEqual([
      `loading ${reference}`,
      expect.stringMatching(/^copying guildnet.local\/a:b, whose files can't be linked: cp: .*\/nowhere\/at\/all/),
    ]);
  });

  test("copies an image that the toolchain has otherwise, without a word", async () => {
    const { node, asked } = machine(),
      lines: string[] = [];
    toolchain({ reference, id: diffId });
    await bringImage(node, reference, {}, (line) => lines.push(line));
    expect(asked()).toEqual(["images import --digests=false -"]);
    expect(lines).toEqual([`loading ${reference}`]);
  });

  test("fails in containerd's words where neither can be done", async () => {
    const { node, failing } = machine();
    toolchain(answer(layer()));
    failing("images import");
    await expect(bringImage(node, reference, {}, () => {})).rejects.toMatchObject({
      code: "image-not-loaded",
      message: expect.stringContaining("ctr: pretends to fail"),
    });
  });
});
