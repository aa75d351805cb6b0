import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { UserError } from "./errors.ts";

/** What a system's refusals mean to a person. EPERM is left out: most of it is about processes. */
const MEANINGS: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only",
  EACCES: "whoever runs this may not",
};

/** The same where there is no room, which a write tells of without the file's path. */
const NO_ROOM: Readonly<Record<string, string>> = {
  ENOSPC: "has no room left",
  EDQUOT: "has no room left for whoever runs this, who has a quota there",
};

/** Bytes below which a disk is taken for the one that is full. */
const LITTLE = 4 * 2 ** 20;

/** Folders that variables of the environment name: GUILDNET_HOME and GUILDNET_STACK_FILES. */
export interface NamedFolders {
  readonly root: string;
  readonly stackFiles?: string;
}

/** A file or folder that the system keeps from us, or a full disk, told with its path and the way out; undefined of any other error. */
export function unwritable(error: unknown, folders: NamedFolders): UserError | undefined {
  const { code = "", path, syscall = "" } = error as NodeJS.ErrnoException,
    meaning = MEANINGS[code],
    noRoom = NO_ROOM[code];
  if (noRoom !== undefined) return full(path ?? fullest(folders), `${noRoom} (${code})`, error);
  if (meaning === undefined || typeof path !== "string" || syscall.startsWith("spawn")) return undefined;
  // What is written whole is written beside its place first; a temporary folder is asked for with a name to fill in.
  const file = path.replace(/\.\d+\.tmp$|\/[^/]*XXXXXX$/, "");
  return new UserError(
    "unwritable",
    `${file} can't be opened or written: ${meaning} (${code}). ${wayOut(file, folders)} Then run this again.`,
    { cause: error },
  );
}

function full(place: string, why: string, cause: unknown): UserError {
  return new UserError(
    "disk-full",
    `The disk that ${place} is on ${why}. Make room there, then run this again: what was done until now is kept.`,
    { cause },
  );
}

/** Of the folders that are written to, each of which may be a disk of its own, the one with the least room, where that is none to speak of. */
function fullest({ root, stackFiles }: NamedFolders): string {
  const rooms = [
    root,
    join(root, "state"),
    join(root, "clusters"),
    tmpdir(),
    ...(stackFiles === undefined ? [] : [stackFiles]),
  ]
    .filter((folder) => existsSync(folder))
    .map((folder) => ({ folder, room: roomAt(folder) }));
  return rooms.filter(({ room }) => room < LITTLE).sort((a, b) => a.room - b.room)[0]?.folder ?? root;
}

function roomAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function wayOut(file: string, { root, stackFiles }: NamedFolders): string {
  const who = process.getuid === undefined ? "" : `, by user ${process.getuid()}`;
  if (isBelow(root, file))
    return `All that this program keeps, state and clusters included, is below ${root} (GUILDNET_HOME): let it be written${who}.`;
  if (stackFiles !== undefined && isBelow(resolve(stackFiles), file))
    return `GUILDNET_STACK_FILES is ${stackFiles}: let what is there be written${who}, or change the stack's file by hand where it comes from.`;
  return `Let it be written${who}.`;
}

function isBelow(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return !path.startsWith("..") && !isAbsolute(path);
}
