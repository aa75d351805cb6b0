import { PatchesError } from "./errors.ts";
import { checked, oidSchema } from "./ids.ts";
import type { Patch } from "./patch.ts";
import { git, said, storageOf } from "./place.ts";
import type { Argv, Place, Repository } from "./place.ts";
import { readPatch, repositoryIn, whoIs } from "./read.ts";
import { alone, update } from "./update.ts";
import { revisionOf, unmerged } from "./write.ts";

export interface MergeWish {
  /** @default the author's latest */
  readonly revision?: string;
  /** Of the merge commit, where one is made. @default the patch's title */
  readonly message?: string;
}

export interface MergedPatch {
  /** What the branch is at then. */
  readonly commit: string;
  /** Merged, or still open where it takes the word of further delegates. */
  readonly patch: Patch;
}

/**
 * Merges a patch into its branch and pushes that, as whoever the place is, who must be a delegate. A revision that the branch
 * can move on to is moved on to; else it gets a merge commit. It is made beside the person's working copy, which nobody touches.
 *
 * @throws PatchesError "conflict" where the two don't go together by themselves, or the branch moved meanwhile
 */
export async function merge(repository: Repository, patchId: string, wish: MergeWish = {}): Promise<MergedPatch> {
  const { place, rid } = repository;
  const before = await unmerged(repository, patchId);
  const { defaultBranch, delegates } = await repositoryIn(place, rid);
  const me = await whoIs(place);
  // Who isn't one pushes to a branch of his own, and nothing is merged.
  if (!delegates.includes(me))
    throw new PatchesError("not-allowed", `Who merges is a delegate of the repository, and ${me} is none.`);
  const latest = before.revisions.findLast(({ author }) => author === before.author)?.id ?? before.id;
  const { id: revision, oid } = revisionOf(before, wish.revision ?? latest);
  const branch = before.target ?? `refs/heads/${defaultBranch}`;
  const head = await headOf(repository, branch);
  const scratch = (await said(place, ["mktemp", "--directory"])).trim();
  try {
    // Its objects are the repository's own.
    await said(place, ["git", "clone", "--quiet", "--bare", "--shared", storageOf(repository), scratch]);
    const commit = await merged(place, scratch, {
      head,
      oid,
      message: wish.message ?? `Merge patch "${before.title}"`,
    });
    if (commit !== head) await push(place, scratch, [`rad://${rid.slice("rad:".length)}/${me}`, `${commit}:${branch}`]);
    let patch = await readPatch(repository, patchId);
    // rad itself says so of what it sees pushed; what had been in the branch before it doesn't look at.
    if (!patch.merges.some((one) => one.by === me && one.revision === revision)) {
      await update(repository, patchId, { type: "merge", revision, commit: oid });
      patch = await readPatch(repository, patchId);
    }
    return { commit, patch };
  } finally {
    await said(place, ["rm", "-rf", "--", scratch]);
  }
}

async function headOf(repository: Repository, branch: string): Promise<string> {
  const text = await said(
    repository.place,
    git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", `${branch}^{commit}`),
  );
  return checked(oidSchema, text.trim(), `What ${branch} is at`, "unreadable");
}

async function merged(
  place: Place,
  scratch: string,
  { head, oid, message }: { head: string; oid: string; message: string },
): Promise<string> {
  const inside = (...args: string[]): Argv => ["git", "--git-dir", scratch, ...args];
  const isAncestor = async (one: string, other: string): Promise<boolean> =>
    (await place.run(inside("merge-base", "--is-ancestor", one, other))).exitCode === 0;
  if (await isAncestor(oid, head)) return head;
  if (await isAncestor(head, oid)) return oid;
  const { exitCode, stdout, stderr } = await place.run(
    inside("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", head, oid),
  );
  const [tree = "", ...files] = stdout.split("\0").filter((field) => field !== "");
  if (exitCode === 1)
    throw new PatchesError(
      "conflict",
      `The patch and its branch change the same lines, in ${files.join(", ")}: its author brings it up to date first.`,
    );
  if (exitCode !== 0) throw new PatchesError("failed", `git merge-tree ended with ${exitCode}: ${stderr}`);
  const text = await said(
    place,
    inside("commit-tree", checked(oidSchema, tree, "The tree", "unreadable"), "-p", head, "-p", oid, "-F", "-"),
    { stdin: message },
  );
  return checked(oidSchema, text.trim(), "The commit", "unreadable");
}

async function push(place: Place, scratch: string, args: readonly string[]): Promise<void> {
  await said(place, alone(place, ["git", "--git-dir", scratch, "push", "--quiet", ...args]), { milliseconds: 120_000 });
}
