import { execa } from "execa";
import { ActionableError } from "../errors.ts";
import { containerdSocket } from "./layout.ts";
import { ensureImage, toolchainCommand, type Progress } from "./toolchain.ts";

/** References of all images that a running node has. */
export async function imagesOn(init: number): Promise<Set<string>> {
  const { stdout } = await execa("ctr", [...addressOf(init), "images", "list", "--quiet"]);
  return new Set(stdout.split("\n"));
}

/**
 * Brings an image to a running node, unless it is there: from the machine's image store, which
 * builds or fetches what it lacks. The image goes through a pipe; nothing is stored twice.
 */
export async function bringImage(init: number, reference: string, options: { context?: string; buildArgs?: Record<string, string> }, progress: Progress): Promise<void> {
  if ((await imagesOn(init)).has(reference)) return;
  await ensureImage(reference, options, progress);
  progress(`loading ${reference}`);
  const source = execa(process.execPath, [toolchainCommand() ?? "", "image-export", reference], { reject: false, stdin: "ignore", buffer: { stdout: false }, encoding: "buffer" });
  const sink = source.pipe("ctr", [...addressOf(init), "images", "import", "--digests=false", "-"], { reject: false });
  const [exported, imported] = await Promise.all([source, sink]);
  if (exported.failed || imported.failed) {
    throw new ActionableError("image-not-loaded", `${reference} could not be loaded into the cluster: ${Buffer.from(exported.stderr).toString()}${imported.stderr}`);
  }
  if (!(await imagesOn(init)).has(reference)) throw new ActionableError("image-not-loaded", `the archive of ${reference} held an image of another name`);
}

function addressOf(init: number): string[] {
  return ["--address", `/proc/${init}/root${containerdSocket}`, "--namespace", "k8s.io"];
}
