import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { ImageError } from "./errors.ts";

/** One package of the npm registry, fixed by the hash the registry published for it. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-` and the base64 of the archive's SHA-512. */
  readonly integrity: string;
}

/**
 * Fetches a package's archive into a folder and returns its path.
 * @throws ImageError where its hash is not the pinned one
 */
export async function npmPackage(wanted: PackedPackage, folder: string, home: string): Promise<string> {
  const into = join(folder, wanted.name);
  await mkdir(into);
  await execa("npm", ["pack", "--silent", "--cache", join(home, "cache", "npm"), "--pack-destination", into, `${wanted.name}@${wanted.version}`], { cwd: folder });
  const archive = join(into, `${wanted.name}-${wanted.version}.tgz`);
  const found = await integrityOf(archive);
  if (found !== wanted.integrity) {
    throw new ImageError("image-build-failed", `${wanted.name}@${wanted.version} has the hash ${found}, but ${wanted.integrity} is pinned`);
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
export async function debianPackage(name: string, folder: string): Promise<string> {
  const download = join(folder, `${name}.download`);
  const root = join(folder, name);
  await mkdir(download);
  await execa("apt-get", ["download", name], { cwd: download });
  const archive = (await readdir(download)).find((file) => file.endsWith(".deb"));
  if (!archive) throw new ImageError("image-build-failed", `apt-get download ${name} brought no package`);
  await execa("dpkg-deb", ["--extract", join(download, archive), root]);
  return root;
}
