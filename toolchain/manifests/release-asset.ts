import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../home.ts";
import { proxiedFetch } from "../proxied-fetch.ts";
import { verify } from "../tools/archive-source.ts";
import type { Archive } from "../versions.ts";

/** How long a server may take to answer in full before another way is tried. */
const WITHIN_MS = 10_000;

/**
 * Fetches one file of a release, unless it is in the cache already, and returns its path.
 * @returns undefined where its server can't be reached
 * @throws UserError `checksum-mismatch`
 */
export async function releaseAsset(
  asset: Archive,
  home: Home,
  report: (activity: string) => void,
): Promise<string | undefined> {
  const folder = join(home.cache, "manifests"),
    file = join(folder, `${asset.sha256}.yaml`);
  if (!existsSync(file)) {
    report(`fetching ${asset.url}`);
    const bytes = await downloaded(asset.url);
    if (bytes === undefined) return undefined;
    mkdirSync(folder, { recursive: true });
    const partial = `${file}.${process.pid}`;
    await writeFile(partial, bytes);
    renameSync(partial, file);
  }
  await verify(file, asset).catch((error: unknown) => {
    rmSync(file, { force: true });
    throw error;
  });
  return file;
}

async function downloaded(url: string): Promise<Uint8Array | undefined> {
  try {
    const response = await proxiedFetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined; // the caller has another way
  }
}
