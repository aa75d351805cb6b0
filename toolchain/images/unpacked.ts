import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../home.ts";

/** An image as the store has it unpacked, for who can use its files where they lie. */
export interface UnpackedImage {
  /** The image's configuration to the byte: the image's id is its SHA-256. */
  readonly config: string;
  /** The lowest first, as in the configuration. */
  readonly layers: readonly UnpackedLayer[];
}

export interface UnpackedLayer {
  /** `sha256:` and 64 hex digits, of the layer's uncompressed archive. */
  readonly diffId: string;
  /** Bytes of that archive. */
  readonly size: number;
  /** The layer's files as overlayfs takes them for a lower folder; what it deletes of the layers below is a character device 0/0. */
  readonly folder: string;
}

/** The fields that are of use here; that they are there is checked by what they say together. */
interface StoredImage {
  readonly id: string;
  readonly layer?: string;
}
interface StoredLayer {
  readonly id: string;
  readonly parent?: string;
  readonly "diff-digest"?: string;
  readonly "diff-size"?: number;
}
interface Configuration {
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/**
 * Where the layers of an image lie. The store's own files say so, since no command of buildah does:
 * https://github.com/containers/storage/blob/main/docs/containers-storage.md and, for the folders,
 * `drivers/overlay/overlay.go` there.
 *
 * @param id `sha256:…`
 * @returns nothing where the store has the image otherwise than expected, so that only its archive will do
 */
export async function unpackedImage({ root }: Home, id: string): Promise<UnpackedImage | undefined> {
  const storage = join(root, "storage"),
    hex = id.replace(/^sha256:/, "");
  try {
    if (!(await isNative(storage))) return undefined;
    const config = await readFile(join(storage, "overlay-images", hex, bigDataName(id)), "utf8");
    if (createHash("sha256").update(config).digest("hex") !== hex) return undefined;
    const images = (await json(join(storage, "overlay-images", "images.json"))) as StoredImage[];
    const known = (await json(join(storage, "overlay-layers", "layers.json"))) as StoredLayer[];
    const layers = chainBelow(known, images.find((image) => image.id === hex)?.layer).map((layer) =>
      placed(storage, layer),
    );
    const { rootfs } = JSON.parse(config) as Configuration;
    const isWhole =
      layers.every(({ folder }) => existsSync(folder)) &&
      String(layers.map(({ diffId }) => diffId)) === String(rootfs.diff_ids);
    return isWhole && layers.length > 0 ? { config, layers } : undefined;
  } catch {
    return undefined; // a store of another version, or an image that is just being removed
  }
}

/** The store is used through a FUSE program where the kernel's overlayfs won't do; deletions are marked otherwise then. */
async function isNative(storage: string): Promise<boolean> {
  const mark = join(storage, "overlay", ".has-mount-program");
  return (
    existsSync(join(storage, "overlay")) && !(existsSync(mark) && (await readFile(mark, "utf8")).trim() === "true")
  );
}

/** The layer and all below it, the lowest first. */
function chainBelow(known: readonly StoredLayer[], top: string | undefined): StoredLayer[] {
  const byId = new Map(known.map((layer) => [layer.id, layer]));
  const chain: StoredLayer[] = [];
  for (let layer = byId.get(top ?? ""); layer !== undefined; layer = byId.get(layer.parent ?? "")) chain.unshift(layer);
  return chain;
}

/** @throws where the store knows too little of the layer, or has its files under their hashes, as with composefs */
function placed(storage: string, layer: StoredLayer): UnpackedLayer {
  const { "diff-digest": diffId, "diff-size": size } = layer,
    folder = join(storage, "overlay", layer.id);
  if (diffId === undefined || size === undefined || existsSync(join(folder, "composefs-data")))
    throw new Error(`the layer ${layer.id} is not as expected`);
  return { diffId, size, folder: join(folder, "diff") };
}

/** The store's name of a file whose key is no file name. */
function bigDataName(key: string): string {
  return `=${Buffer.from(key).toString("base64")}`;
}

async function json(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}
