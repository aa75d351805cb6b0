import { execa } from "execa";
import { join } from "node:path";
import { z } from "zod";
import { ctr, type RunningNode } from "./ctr.ts";
import { guildnetHome, inNode } from "./layout.ts";
import { archiveWithoutLayers, digestOf } from "./oci-archive.ts";
import { startTimeOf } from "./process.ts";
import type { UnpackedImage, UnpackedLayer } from "./toolchain.ts";

/** Marks what must stay though nothing refers to it. `ctr` puts it on every snapshot that it makes: https://github.com/containerd/containerd/blob/main/docs/garbage-collection.md */
const keptLabel = "containerd.io/gc.root";

/** Layers that this process makes or made while it links images, so that those which share some make them once. */
const made = new Map<string, Promise<void>>();
let imagesUnderway = 0;

const mounts = z
  .array(z.object({ Type: z.string(), Source: z.string(), Options: z.array(z.string()).nullable() }))
  .length(1);

/**
 * Gives a node an image by hard links to its unpacked files: nothing is read, packed, unpacked or stored again.
 * Either side may drop its links, and neither ever writes into a layer that is made. Programs in a container
 * may notice one thing: such files have a link count above one, which cron, for one, refuses in its tables.
 *
 * containerd runs an image whose topmost snapshot is there by the name that the image's configuration
 * yields; the layers' archives may be missing, as after a pull with `discard_unpacked_layers`:
 * https://github.com/containerd/containerd/issues/5879. It keeps the snapshots as long as the image, since
 * `ctr images import` notes on the configuration that it refers to them.
 *
 * May be cut off at any moment: the image appears after its layers, and a layer once it is whole. What is half
 * made is removed by the next run.
 *
 * @throws where the two lie on different file systems, or anything else is not as expected; then only an archive will do
 */
export async function linkImage(node: RunningNode, reference: string, image: UnpackedImage): Promise<void> {
  imagesUnderway++;
  try {
    await linkLayersAndImport(node, reference, image);
  } finally {
    // Whoever starts from now on finds them on the node.
    if (--imagesUnderway === 0) made.clear();
  }
}

async function linkLayersAndImport(node: RunningNode, reference: string, image: UnpackedImage): Promise<void> {
  const known = await snapshotsOn(node);
  await remove(node, abandoned(known));
  const names = chainIds(image.layers.map(({ diffId }) => diffId));
  for (const [index, layer] of image.layers.entries()) {
    const name = names[index]!;
    if (!known.has(name)) await makeOnce(node, layer, name, names[index - 1]);
  }
  await ctr(node, ["images", "import", "--digests=false", "-"], await archiveWithoutLayers(reference, image));
  // From here on the image keeps them, those too which a run that was cut off has left, and they go with it.
  await Promise.all(names.map((name) => ctr(node, ["snapshots", "label", name, `${keptLabel}=`])));
}

/**
 * What containerd calls the snapshots of layers, each with those below it.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export function chainIds(diffIds: readonly string[]): string[] {
  const ids: string[] = [];
  for (const diffId of diffIds) ids.push(ids.length === 0 ? diffId : digestOf(`${ids.at(-1)} ${diffId}`));
  return ids;
}

function makeOnce(node: RunningNode, layer: UnpackedLayer, name: string, parent: string | undefined): Promise<void> {
  const key = `${node.folder} ${name}`;
  const making = made.get(key) ?? makeSnapshot(node, layer, name, parent);
  made.set(key, making);
  return making;
}

async function makeSnapshot(
  node: RunningNode,
  layer: UnpackedLayer,
  name: string,
  parent: string | undefined,
): Promise<void> {
  const draft = `${draftPrefix(process.pid)}${name}`;
  const prepared = await ctr(node, [
    "snapshots",
    "prepare",
    "--mounts",
    draft,
    ...(parent === undefined ? [] : [parent]),
  ]);
  try {
    await linkFiles(layer.folder, onHost(node, upperFolder(prepared)));
    await ctr(node, ["snapshots", "commit", name, draft]);
  } catch (error) {
    await remove(node, [draft]);
    // Another program may have been faster.
    if (!(await snapshotsOn(node)).has(name)) throw error;
  }
}

/** Where a snapshot that was prepared takes files, as the node sees it, of what `ctr snapshots prepare --mounts` prints. */
export function upperFolder(prepared: string): string {
  const [mount] = mounts.parse(JSON.parse(prepared));
  // The lowest layer has nothing to lie over.
  const folder =
    mount?.Type === "bind"
      ? mount.Source
      : mount?.Options?.find((option) => option.startsWith("upperdir="))?.slice("upperdir=".length);
  if (folder === undefined || !folder.startsWith(`${inNode}/data/containerd/`))
    throw new Error(`containerd's snapshots are not where they are expected: ${prepared}`);
  return folder;
}

/** Through the node's own view of its folder, links would count as from one file system to another. */
function onHost({ folder }: RunningNode, path: string): string {
  return join(folder, path.slice(inNode.length));
}

/** Fills a folder with links to all files of another. */
async function linkFiles(from: string, to: string): Promise<void> {
  await execa(
    "unshare",
    [
      "--mount",
      "--propagation",
      "private",
      join(import.meta.dirname, "scripts", "link-layer"),
      guildnetHome(),
      from,
      to,
    ],
    { stdin: "ignore" },
  );
}

/** The names of a node's snapshots, finished or not. */
async function snapshotsOn(node: RunningNode): Promise<Set<string>> {
  const [, ...lines] = (await ctr(node, ["snapshots", "list"])).split("\n");
  return new Set(lines.map((line) => line.split(" ")[0] ?? ""));
}

async function remove(node: RunningNode, names: readonly string[]): Promise<void> {
  if (names.length > 0) await ctr(node, ["snapshots", "remove", ...names]).catch(() => {}); // gone meanwhile, or containerd is
}

/** Unfinished snapshots whose maker is gone. */
function abandoned(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => {
    const maker = /^guildnet-(\d+)-\d+-/.exec(name);
    return maker !== null && !name.startsWith(draftPrefix(Number(maker[1])));
  });
}

/** Names the process that is making a snapshot, once and for all: numbers of processes return. */
function draftPrefix(pid: number): string {
  return `guildnet-${pid}-${startTimeOf(pid) ?? 0}-`;
}
