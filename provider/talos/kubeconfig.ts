import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { failedWithin } from "./errors.ts";

/** The one file of the archive that Talos sends. It leaves off the archive's end, so that all that counts is the file's. */
export async function kubeconfigIn(archive: Uint8Array, address: string): Promise<string> {
  const entries = extract();
  let failure = "its archive has no kubeconfig";
  pipeline(Readable.from([archive]), createGunzip(), entries).catch((error: unknown) => {
    failure = `its archive can't be read: ${String(error)}`;
  });
  let found: string | undefined;
  try {
    for await (const entry of entries) {
      if (entry.header.name === "kubeconfig") found = await text(entry);
      else entry.resume();
    }
  } catch (error) {
    failure = `its archive can't be read: ${String(error)}`;
  }
  if (found === undefined) throw failedWithin(address, "Kubeconfig", failure);
  return found;
}
