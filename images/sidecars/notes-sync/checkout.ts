import { copyFile, link, lstat, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GitError, type ByteText, type Git } from "./git.ts";
import { besides } from "./merge.ts";
import { BRANCH } from "./repository.ts";

/**
 * Makes the folder what a commit has. A file that is other than at `from` is never overwritten: then nothing is done.
 * @param from the commit that the index is at; undefined before the first
 * @returns whether it was done
 */
export async function checkOut(git: Git, from: string | undefined, to: string): Promise<boolean> {
  try {
    await git.run(["read-tree", "-m", "-u", from ?? (await emptyTree(git)), to]);
    return true;
  } catch (error) {
    if (error instanceof GitError && IN_THE_WAY.test(error.message)) return false;
    throw error;
  }
}

const IN_THE_WAY = /not uptodate|would be (overwritten|removed)|would lose untracked|Cannot merge|not up to date/i;

/** Moves away what a commit needs the place of and the index doesn't have: files that aren't taken, or are none. */
export async function makeWay(git: Git, from: string | undefined, to: string): Promise<void> {
  const before = from ?? (await emptyTree(git));
  const wanted = await git.run(["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", before, to]);
  const indexed = new Set((await git.run(["ls-files", "-z"])).split("\0"));
  const dirty = new Set((await git.run(["ls-files", "-z", "--modified"])).split("\0"));
  const folders = new Set<ByteText>();
  for (const path of indexed) {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1))
      folders.add(path.slice(0, slash));
  }
  for (const path of wanted.split("\0").filter(Boolean)) {
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) {
      const at = parts.slice(0, length).join("/");
      const isLast = length === parts.length;
      const found = await lstatIn(git, at);
      if (found === undefined) break;
      // A folder on the way to it is no obstacle.
      if (!isLast && found.isDirectory()) continue;
      const isOurs = isLast
        ? (indexed.has(at) && !dirty.has(at)) || folders.has(at)
        : indexed.has(at) && !dirty.has(at);
      if (isOurs) continue;
      await moveBeside(git, at, to);
      break;
    }
  }
}

async function moveBeside(git: Git, path: ByteText, commit: string): Promise<void> {
  for (let number = 0; ; number++) {
    const target = besides(path, number === 0 ? `kept ${commit.slice(0, 3)}` : `kept ${number}`);
    if ((await lstatIn(git, target)) !== undefined) continue;
    await rename(fileIn(git, path), fileIn(git, target));
    return;
  }
}

async function lstatIn(git: Git, path: ByteText) {
  try {
    return await lstat(fileIn(git, path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function fileIn({ folder }: Git, path: ByteText): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
}

export function emptyTree(git: Git): Promise<string> {
  return git.line(["hash-object", "-t", "tree", "-w", "--stdin"]);
}

/** Moves the branch, and remembers first that the person's own index has to follow, whatever becomes of this process. */
export async function moveBranch(git: Git, commit: string, before: string | undefined): Promise<void> {
  await writeFile(unpublished(git.gitDir), "");
  await git.run(["update-ref", "-m", "notes-sync", `refs/heads/${BRANCH}`, commit, before ?? "0".repeat(40)]);
}

/**
 * Makes the person's own index what ours is, by git's own way with locks; else their git would take what was synced for
 * changes of theirs that undo it. What they had staged is committed by now. Where a git of theirs is at work, the next
 * round does it.
 */
export async function publishIndex({ gitDir, indexFile }: Git): Promise<void> {
  if (!(await isThere(unpublished(gitDir)))) return;
  const [lock, ours] = [join(gitDir, "index.lock"), ownLock(gitDir)];
  await rm(ours, { force: true });
  await copyFile(indexFile, ours);
  try {
    // As a second name of a file of ours, by which the lock is known again should this process be killed here.
    await link(ours, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  await rename(lock, join(gitDir, "index"));
  await rm(unpublished(gitDir), { force: true });
  await rm(ours, { force: true });
}

function unpublished(gitDir: string): string {
  return join(gitDir, "guildnet", "index-unpublished");
}

function ownLock(gitDir: string): string {
  return join(gitDir, "guildnet", "index.lock-of-ours");
}

/** Takes away the lock that one of us left who was killed. */
export async function unlockOwn(gitDir: string): Promise<void> {
  const lock = join(gitDir, "index.lock");
  const [found, ours] = await Promise.all([lock, ownLock(gitDir)].map((path) => stat(path).catch(() => undefined)));
  if (found !== undefined && found.ino === ours?.ino) await rm(lock, { force: true });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}
