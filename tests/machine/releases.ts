import { execa } from "execa";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const root = join(import.meta.dirname, "..", "..");

interface Pinned {
  version: string;
  archives: Record<string, { url: string; sha256: string } | undefined>;
}

/** This checkout's pinned versions, of which a box gets a copy that pins the archives made here. */
const versions = JSON.parse(readFileSync(join(root, "toolchain", "versions.json"), "utf8")) as Record<string, Pinned>;

/** The official archive's address of a tool, for this kind of processor. */
export function archiveUrl(tool: string): string {
  const url = versions[tool]?.archives[process.arch]?.url;
  if (url === undefined) throw new Error(`no archive of ${tool} is pinned for ${process.arch}`);
  return url;
}

/** An archive of a tool's programs as upstream packs it. @param inside the folder in it, if any */
export async function packRelease(bin: string, folder: string, name: string, inside?: string): Promise<string> {
  const archive = join(folder, `${name}.tar.gz`);
  if (inside === undefined) await execa("tar", ["-C", bin, "-czf", archive, "."]);
  else {
    await mkdir(join(folder, name), { recursive: true });
    await cp(bin, join(folder, name, inside), { recursive: true, verbatimSymlinks: true });
    await execa("tar", ["-C", join(folder, name), "-czf", archive, inside]);
  }
  return archive;
}

/** The pinned versions with other hashes: upstream's own archives are not to be had here. */
export async function repinned(archives: Readonly<Record<string, string>>): Promise<string> {
  const changed = structuredClone(versions);
  for (const [tool, file] of Object.entries(archives)) {
    const archive = changed[tool]?.archives[process.arch];
    if (archive !== undefined) archive.sha256 = await sha256(file);
  }
  return JSON.stringify(changed, null, 2);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** The checkout as git has it, in a folder `guildnet` of another. */
export async function checkout(into: string): Promise<void> {
  const { stdout } = await execa("git", ["archive", "--prefix=guildnet/", "HEAD"], { cwd: root, encoding: "buffer" });
  await execa("tar", ["-x", "-C", into], { input: stdout });
}
