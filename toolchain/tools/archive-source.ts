import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { UserError } from "../errors.ts";
import { proxiedFetch } from "../proxied-fetch.ts";
import { runLogged } from "../run-logged.ts";
import type { Archive, Pinned } from "../versions.ts";
import type { Source, SourceContext } from "./source.ts";

/** How long a server may take to answer before the next source is tried. */
const REACHABLE_WITHIN_MS = 5_000;

/** How an archive becomes a tool's folder. */
export interface ArchiveLayout {
  /** Where its files go, relative to the tool's folder. */
  readonly into: string;
  /** Leading path components of the archive to drop. */
  readonly strip: number;
}

/** The publisher's archive for this CPU; no source at all where none is pinned. */
export function archiveSource(pinned: Pinned, layout: ArchiveLayout, cpu: string = process.arch): Source[] {
  const archive = pinned.archives[cpu];
  if (archive === undefined || process.platform !== "linux") return [];
  return [
    {
      kind: "archive",
      available: () => isReachable(archive.url),
      provide: (folder, context) => provide(folder, archive, layout, context),
    },
  ];
}

async function isReachable(url: string): Promise<boolean> {
  try {
    const response = await proxiedFetch(url, { method: "HEAD", signal: AbortSignal.timeout(REACHABLE_WITHIN_MS) });
    return response.ok;
  } catch {
    return false;
  }
}

async function provide(
  folder: string,
  archive: Archive,
  layout: ArchiveLayout,
  { log, report }: SourceContext,
): Promise<void> {
  const file = join(folder, ".archive.tar.gz");
  const target = join(folder, layout.into);
  report("downloading");
  await download(archive.url, file);
  await verify(file, archive);
  report("unpacking");
  mkdirSync(target, { recursive: true });
  await runLogged("tar", ["-xzf", file, "-C", target, `--strip-components=${layout.strip}`, "--no-same-owner"], {
    log,
  });
  rmSync(file);
}

async function download(url: string, file: string): Promise<void> {
  const response = await proxiedFetch(url);
  if (!response.ok || response.body === null)
    throw new UserError("download-failed", `${url} answered ${response.status} ${response.statusText}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file));
}

/** @throws UserError `checksum-mismatch` when `file` is not the archive that was pinned */
export async function verify(file: string, archive: Archive): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found === archive.sha256) return;
  throw new UserError(
    "checksum-mismatch",
    `${archive.url} is not the file that was pinned: its SHA-256 is ${found}, not ${archive.sha256}. Nothing was installed. ` +
      "If a proxy on the way answers for it, run again with --offline to build from package registries.",
  );
}
