import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { shown, type ByteText, type Git } from "./git.ts";

/** Larger ones stay where they are: every workspace would keep every version of them. */
export const LARGEST_BYTES = 32 * 1024 * 1024;

/** What a folder has that its index has not. */
export interface Changes {
  readonly written: readonly ByteText[];
  readonly removed: readonly ByteText[];
  /** What is not taken, in words. */
  readonly left: readonly string[];
}

/** @param largest in bytes */
export async function changesOf(git: Git, largest = LARGEST_BYTES): Promise<Changes> {
  const listed = await git.run(["ls-files", "-t", "-z", "--modified", "--deleted", "--others", "--exclude-standard"]);
  const removed = new Set<ByteText>(),
    present = new Set<ByteText>();
  for (const line of listed.split("\0").filter(Boolean)) {
    (line.startsWith("R ") ? removed : present).add(line.slice(2));
  }
  const written: ByteText[] = [],
    left: string[] = [];
  for (const path of present) {
    if (removed.has(path)) continue;
    const why = path.endsWith("/") ? "is a git repository of its own" : await reasonToLeave(git, path, largest);
    if (why === undefined) written.push(path);
    else if (why !== "is gone") left.push(`${shown(path)} ${why}`);
  }
  return { written, removed: [...removed], left };
}

async function reasonToLeave(git: Git, path: ByteText, largest: number): Promise<string | undefined> {
  const file = Buffer.from(`${git.folder}/`);
  const whole = Buffer.concat([file, Buffer.from(path, "latin1")]);
  try {
    const found = await lstat(whole);
    if (found.isSymbolicLink()) return "is a link";
    if (!found.isFile()) return "is no file";
    if (found.size > largest) return `is larger than ${Math.floor(largest / 1024 / 1024)} MiB`;
    await access(whole, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "is gone";
    if (code === "EACCES") return "can't be read";
    throw error;
  }
}

/** Takes changes into the index, as they are at this moment. */
export async function takeIn(git: Git, { written, removed }: Changes): Promise<void> {
  const input = [...removed, ...written].map((path) => `${path}\0`).join("");
  if (input !== "") await git.run(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], { input });
}

export function messageOf({ written, removed }: Changes): string {
  const [one] = [...written, ...removed];
  if (one === undefined) return "Take in what is there";
  if (written.length + removed.length === 1) return `${written.length === 1 ? "Edit" : "Remove"} ${shown(one)}`;
  return removed.length === 0
    ? `Edit ${written.length} notes`
    : `Edit ${written.length} and remove ${removed.length} notes`;
}
