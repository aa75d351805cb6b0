import { execa } from "execa";
import { join } from "node:path";
import { ActionableError } from "../errors.ts";
import { addressOf, ctr, type RunningNode } from "./ctr.ts";
import { linkImage } from "./linked-layers.ts";
import { ensureImage, toolchainCommand, type Progress, type UnpackedImage } from "./toolchain.ts";

/** References of all images that a running node has. */
export async function imagesOn(node: Pick<RunningNode, "init">): Promise<Set<string>> {
  return new Set((await ctr(node, ["images", "list", "--quiet"])).split("\n"));
}

/**
 * Brings an image to a running node, unless it is there: from the machine's image store, which
 * builds or fetches what it lacks. Its files are linked where that can be done, and else go through a pipe.
 */
export async function bringImage(
  node: RunningNode,
  reference: string,
  options: { context?: string; buildArgs?: Record<string, string> },
  progress: Progress,
): Promise<void> {
  if ((await imagesOn(node)).has(reference)) return;
  const unpacked = await ensureImage(reference, options, progress);
  progress(`loading ${reference}`);
  if (await isLinked(node, reference, unpacked, progress)) return;
  await importArchive(node, reference);
  if (!(await imagesOn(node)).has(reference))
    throw new ActionableError("image-not-loaded", `the archive of ${reference} held an image of another name`);
}

/** Links the image's files; why that can't be done is said, and no reason to fail. */
async function isLinked(
  node: RunningNode,
  reference: string,
  unpacked: UnpackedImage | undefined,
  progress: Progress,
): Promise<boolean> {
  if (unpacked === undefined) return false;
  try {
    await linkImage(node, reference, unpacked);
    return (await imagesOn(node)).has(reference);
  } catch (error) {
    progress(`copying ${reference}, whose files can't be linked: ${String(error).split("\n").at(-1)}`);
    return false;
  }
}

async function importArchive({ init }: RunningNode, reference: string): Promise<void> {
  const script = join(import.meta.dirname, "scripts", "load-image");
  const { failed, stderr } = await execa(
    script,
    [process.execPath, toolchainCommand() ?? "", reference, addressOf(init)],
    { reject: false, stdin: "ignore" },
  );
  if (failed)
    throw new ActionableError("image-not-loaded", `${reference} could not be loaded into the cluster: ${stderr}`);
}
