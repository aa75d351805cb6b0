import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BRANCH } from "./repository.ts";

/** Files by which git knows that it is in the middle of something. */
const UNDER_WAY: Readonly<Record<string, string>> = {
  "rebase-merge": "a rebase is under way",
  "rebase-apply": "a rebase is under way",
  MERGE_HEAD: "a merge is under way",
  CHERRY_PICK_HEAD: "a cherry-pick is under way",
  REVERT_HEAD: "a revert is under way",
  BISECT_LOG: "a bisection is under way",
};

const LOCKS = ["index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", `refs/heads/${BRANCH}.lock`];

/** No git of anybody's takes so long on notes; what is older was left by one that was killed. */
export const STALE_LOCK_MS = 10 * 60_000;

/** What a person does in the folder with git, and would be disturbed in. @returns undefined for nothing */
export async function obstacleIn(gitDir: string): Promise<string | undefined> {
  for (const [name, what] of Object.entries(UNDER_WAY))
    if (await ageOf(join(gitDir, name))) return `${what}: finish it`;
  const head = (await readFile(join(gitDir, "HEAD"), "utf8")).trim();
  if (!/^(ref: refs\/|[0-9a-f]{40}$)/.test(head)) throw new Error("its HEAD is broken");
  if (head !== `ref: refs/heads/${BRANCH}`) return `another branch is checked out: git switch ${BRANCH}`;
  for (const lock of LOCKS) {
    const age = await ageOf(join(gitDir, lock));
    if (age === undefined) continue;
    if (age < STALE_LOCK_MS) return "git is at work";
    await rm(join(gitDir, lock), { force: true });
  }
  return undefined;
}

/** In milliseconds, at least 1. @returns undefined where nothing is */
async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Math.max(1, Date.now() - (await stat(path)).mtimeMs);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
