import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { unpackedImage } from "./unpacked.ts";

const scratch = useScratch();
const config = JSON.stringify({ rootfs: { type: "layers", diff_ids: ["sha256:lower", "sha256:upper"] } });
const hex = createHash("sha256").update(config).digest("hex"),
  id = `sha256:${hex}`;
const layers = [
  { id: "b", parent: "a", "diff-digest": "sha256:upper", "diff-size": 2 },
  { id: "other" },
  { id: "a", "diff-digest": "sha256:lower", "diff-size": 1 },
];

/** A store with one image of two layers, as buildah 1.28 writes it, but for these files. */
function store(changes: Readonly<Record<string, unknown>> = {}): void {
  const files: Record<string, unknown> = {
    "overlay/.has-mount-program": "false",
    "overlay-images/images.json": [{ id: "unnamed" }, { id: hex, names: ["a/b:c"], layer: "b" }],
    [`overlay-images/${hex}/=${Buffer.from(id).toString("base64")}`]: config,
    "overlay-layers/layers.json": layers,
    "overlay/a/diff/file": "",
    "overlay/b/diff/file": "",
    ...changes,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(scratch.home.root, "storage", name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
}

const folder = (layer: string): string => join(scratch.home.root, "storage", "overlay", layer, "diff");

describe("unpackedImage", () => {
  it("says where each layer lies, the lowest first", async () => {
    store();
    expect(await unpackedImage(scratch.home, id)).toEqual({
      config,
      layers: [
        { diffId: "sha256:lower", size: 1, folder: folder("a") },
        { diffId: "sha256:upper", size: 2, folder: folder("b") },
      ],
    });
  });

  it("takes a store that never looked for a FUSE program", async () => {
    store();
    rmSync(join(scratch.home.root, "storage", "overlay", ".has-mount-program"));
    expect(await unpackedImage(scratch.home, id)).toBeDefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ["is mounted by a FUSE program", { "overlay/.has-mount-program": "true" }],
    ["has files under their hashes", { "overlay/b/composefs-data/blob": "" }],
    ["knows nothing of a layer's archive", { "overlay-layers/layers.json": [layers[0], { id: "a" }] }],
    ["lacks a layer", { "overlay-layers/layers.json": layers.slice(0, 1) }],
    [
      "has other layers than the image says",
      { "overlay-layers/layers.json": [layers[0], { ...layers[2], "diff-digest": "sha256:x" }] },
    ],
    [
      "has another configuration under the image's name",
      { [`overlay-images/${hex}/=${Buffer.from(id).toString("base64")}`]: "{}" },
    ],
    ["does not know the image", { "overlay-images/images.json": [] }],
    ["is of an unknown format", { "overlay-layers/layers.json": { version: 2 } }],
    ["was cut off", { "overlay-layers/layers.json": "[{" }],
  ])("has nothing to say where the store %s", async (_what, changes) => {
    store(changes);
    expect(await unpackedImage(scratch.home, id)).toBeUndefined();
  });

  it("has nothing to say where a layer's folder is gone, or the whole store", async () => {
    expect(await unpackedImage(scratch.home, id)).toBeUndefined();
    store();
    rmSync(folder("a"), { recursive: true });
    expect(await unpackedImage(scratch.home, id)).toBeUndefined();
  });
});
