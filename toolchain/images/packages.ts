import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors.ts";
import { type Builder, runTool } from "./recipe.ts";

/** One package of the npm registry, fixed by the hash the registry published for it. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and the base64 of the archive's SHA-512. */
  readonly integrity: string;
}

/**
 * Fetches a package's archive into a folder and returns its path.
 * @throws UserError where its hash is not the pinned one
 */
export async function npmPackage(builder: Builder, wanted: PackedPackage, folder: string): Promise<string> {
  const into = join(folder, wanted.name);
  await mkdir(into);
  const cache = join(builder.store.home.cache, "npm");
  await runTool(
    builder,
    "npm",
    ["pack", "--silent", "--cache", cache, "--pack-destination", into, `${wanted.name}@${wanted.version}`],
    folder,
  );
  const archive = join(into, `${wanted.name}-${wanted.version}.tgz`);
  const found = await integrityOf(archive);
  if (found !== wanted.integrity) {
    throw new UserError(
      "image-build-failed",
      `${wanted.name}@${wanted.version} has the hash ${found}, but ${wanted.integrity} is pinned`,
    );
  }
  return archive;
}

/** The hash of a file, written as npm writes it. */
export async function integrityOf(file: string): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest("base64")}`;
}

/** Fetches a Debian package (apt checks its hash and signature) and unpacks it into a folder, without installing it. */
export async function debianPackage(builder: Builder, name: string, folder: string): Promise<string> {
  const download = join(folder, `${name}.download`);
  const root = join(folder, name);
  await mkdir(download);
  try {
    await runTool(builder, "apt-get", ["download", name], download);
  } catch {
    // A machine may have thrown its package lists away, or hold lists that name versions gone by now.
    await runTool(builder, "apt-get", ["update"]);
    await runTool(builder, "apt-get", ["download", name], download);
  }
  const archive = (await readdir(download)).find((file) => file.endsWith(".deb"));
  if (!archive) throw new UserError("image-build-failed", `apt-get download ${name} brought no package`);
  await runTool(builder, "dpkg-deb", ["--extract", join(download, archive), root]);
  return root;
}
