import { execa } from "execa";
import { join } from "node:path";
import { ActionableError } from "../errors.ts";
import { containerdSocket } from "./layout.ts";
import { ensureImage, toolchainCommand, type Progress } from "./toolchain.ts";

/** References of all images that a running node has. */
export async function imagesOn(init: number): Promise<Set<string>> {
  const { stdout } = await execa("ctr", ["--address", socketOf(init), "--namespace", "k8s.io", "images", "list", "--quiet"]);
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
  const script = join(import.meta.dirname, "scripts", "load-image");
  const { failed, stderr } = await execa(script, [process.execPath, toolchainCommand() ?? "", reference, socketOf(init)], { reject: false, stdin: "ignore" });
  if (failed) throw new ActionableError("image-not-loaded", `${reference} could not be loaded into the cluster: ${stderr}`);
  if (!(await imagesOn(init)).has(reference)) throw new ActionableError("image-not-loaded", `the archive of ${reference} held an image of another name`);
}

function socketOf(init: number): string {
  return `/proc/${init}/root${containerdSocket}`;
}
