import { z } from "zod";
import type { Action } from "./actions.ts";
import { PatchesError } from "./errors.ts";
import { checked, didOf, nidSchema, oidSchema } from "./ids.ts";
import type { CodeLocation, Comment, Nid, Patch, Review, Revision, Verdict } from "./patch.ts";
import type { Repository } from "./place.ts";
import { readPatch, whoIs } from "./read.ts";
import { codeLocationSchema, verdictSchema } from "./schema.ts";
import { announce, update } from "./update.ts";
import type { Announced } from "./update.ts";

/** What came of something that was written. */
export interface Written extends Announced {
  /** Of the operation, and so of a review or comment that it made. */
  readonly id: string;
  /** The patch as it is then. */
  readonly patch: Patch;
}

const title = z
  .string()
  .trim()
  .min(1, "it is empty")
  .max(512)
  .regex(/^[^\r\n]*$/, "it is more than a line");
// Radicle refuses an empty comment, and takes any length: the bound is ours.
const body = z
  .string()
  .max(256 * 1024)
  .refine((text) => text.trim() !== "", "it is empty");
const label = z.string().min(1).max(128).regex(/^\S+$/u, "a label has no space in it");

/**
 * What people do to patches, each as whoever the place is. Radicle drops without a word what doesn't fit: a review of a
 * revision that isn't there, a second review by the same person, the closing of a merged patch. So all is looked at before it
 * is written, and again afterwards.
 */

/** Reviews a revision, or changes the review that one has of it. */
export async function review(
  repository: Repository,
  patchId: string,
  {
    revision,
    verdict,
    summary = "",
    labels = [],
  }: { revision: string; verdict?: Verdict; summary?: string; labels?: readonly string[] },
): Promise<Written> {
  if (verdict !== undefined) checked(verdictSchema, verdict, "The verdict");
  checked(z.string().max(256 * 1024), summary, "The summary");
  checked(z.array(label), labels, "The labels");
  if (verdict === undefined && summary.trim() === "")
    throw new PatchesError("bad-input", "A review takes a verdict or a summary.");
  const me = await whoIs(repository.place);
  const own = (patch: Patch): Review | undefined =>
    revisionOf(patch, revision).reviews.find(({ author }) => author === me);
  for (;;) {
    const before = own(await readPatch(repository, patchId));
    const said = { summary, ...(verdict && { verdict }), labels: [...labels] };
    const id = await update(
      repository,
      patchId,
      before === undefined
        ? { type: "review", revision, ...said }
        : { type: "review.edit.v2", review: before.id, ...said },
    );
    const patch = await readPatch(repository, patchId);
    // Where the same person reviewed elsewhere in between, theirs is there and this one was dropped: then it is changed.
    if (before !== undefined || own(patch)?.id === id) return told(repository, before?.id ?? id, patch);
    if (own(patch) === undefined)
      throw new PatchesError("conflict", `Radicle did not take the review of revision ${revision}.`);
  }
}

/** Says something about a revision, at a place in its code or about all of it. */
export async function comment(
  repository: Repository,
  patchId: string,
  { revision, text, location, replyTo }: { revision: string; text: string; location?: CodeLocation; replyTo?: string },
): Promise<Written> {
  checkText(text, location);
  const { discussion } = revisionOf(await readPatch(repository, patchId), revision);
  if (replyTo !== undefined) commentOf(discussion, replyTo);
  return act(repository, patchId, {
    type: "revision.comment",
    revision,
    body: text,
    ...(location && { location }),
    ...(replyTo && { replyTo }),
  });
}

/** The same in a review, where it can be resolved. */
export async function reviewComment(
  repository: Repository,
  patchId: string,
  {
    review: reviewId,
    text,
    location,
    replyTo,
  }: { review: string; text: string; location?: CodeLocation; replyTo?: string },
): Promise<Written> {
  checkText(text, location);
  const { comments } = reviewOf(await readPatch(repository, patchId), reviewId);
  if (replyTo !== undefined) commentOf(comments, replyTo);
  return act(repository, patchId, {
    type: "review.comment",
    review: reviewId,
    body: text,
    ...(location && { location }),
    ...(replyTo && { reply_to: replyTo }),
  });
}

/** Which comment: of a review, or of a revision's discussion. */
export type CommentPlace =
  | { readonly review: string; readonly comment: string }
  | { readonly revision: string; readonly comment: string };

/** Writes a comment of one's own anew. */
export async function editComment(
  repository: Repository,
  patchId: string,
  where: CommentPlace,
  text: string,
): Promise<Written> {
  checkText(text);
  await ownComment(repository, patchId, where);
  return act(
    repository,
    patchId,
    "review" in where
      ? { type: "review.comment.edit", review: where.review, comment: where.comment, body: text, embeds: [] }
      : { type: "revision.comment.edit", revision: where.revision, comment: where.comment, body: text, embeds: [] },
  );
}

/** Takes a comment of one's own back. It stays in the history. */
export async function redactComment(repository: Repository, patchId: string, where: CommentPlace): Promise<Written> {
  await ownComment(repository, patchId, where);
  return act(
    repository,
    patchId,
    "review" in where
      ? { type: "review.comment.redact", review: where.review, comment: where.comment }
      : { type: "revision.comment.redact", revision: where.revision, comment: where.comment },
  );
}

/** Says that what a comment in a review asks for is done, or isn't after all. */
export async function resolve(
  repository: Repository,
  patchId: string,
  where: { review: string; comment: string },
  isResolved = true,
): Promise<Written> {
  commentOf(reviewOf(await readPatch(repository, patchId), where.review).comments, where.comment);
  const written = await act(repository, patchId, {
    type: isResolved ? "review.comment.resolve" : "review.comment.unresolve",
    review: where.review,
    comment: where.comment,
  });
  return held(
    written,
    reviewOf(written.patch, where.review).comments.some(
      ({ id, isResolved: now }) => id === where.comment && now === isResolved,
    ),
    "the comment",
  );
}

/** Closes a patch, opens it again, or makes it a draft. */
export async function setState(
  repository: Repository,
  patchId: string,
  status: "open" | "draft" | "archived",
): Promise<Written> {
  await unmerged(repository, patchId);
  const written = await act(repository, patchId, { type: "lifecycle", state: { status } });
  return held(written, written.patch.state.status === status, "the state");
}

/** Gives a patch these labels and no others. It takes a delegate. */
export async function setLabels(repository: Repository, patchId: string, labels: readonly string[]): Promise<Written> {
  checked(z.array(label).max(64), labels, "The labels");
  await readPatch(repository, patchId);
  const wanted = [...new Set(labels)].toSorted();
  const written = await act(repository, patchId, { type: "label", labels: wanted });
  return held(written, JSON.stringify(written.patch.labels.toSorted()) === JSON.stringify(wanted), "the labels");
}

/** Gives a patch to these people and nobody else. It takes a delegate. */
export async function assign(repository: Repository, patchId: string, assignees: readonly Nid[]): Promise<Written> {
  checked(z.array(nidSchema).max(64), assignees, "Who it is for");
  await readPatch(repository, patchId);
  return act(repository, patchId, { type: "assign", assignees: [...new Set(assignees)].map(didOf) });
}

/** Changes what a patch is called, and what its first revision says of it. */
export async function describe(
  repository: Repository,
  patchId: string,
  changes: { title?: string; description?: string },
): Promise<Written> {
  const {
    target,
    revisions: [root],
  } = await readPatch(repository, patchId);
  let written: Written | undefined;
  if (changes.title !== undefined) {
    const called = checked(title, changes.title, "The title");
    written = await act(repository, patchId, {
      type: "edit",
      title: called,
      target: target === undefined ? "delegates" : { branch: target },
    });
  }
  if (changes.description !== undefined && root !== undefined)
    written = await act(repository, patchId, {
      type: "revision.edit",
      revision: root.id,
      description: checked(z.string().max(256 * 1024), changes.description, "The description"),
    });
  if (written === undefined) throw new PatchesError("bad-input", "Nothing is to be changed.");
  return written;
}

async function act(repository: Repository, patchId: string, action: Action): Promise<Written> {
  const id = await update(repository, patchId, action);
  return told(repository, id, await readPatch(repository, patchId));
}

async function told(repository: Repository, id: string, patch: Patch): Promise<Written> {
  return { id, patch, ...(await announce(repository)) };
}

function held(written: Written, isThere: boolean, what: string): Written {
  if (!isThere) throw new PatchesError("conflict", `Somebody changed ${what} at the same time, in another way.`);
  return written;
}

/** @throws PatchesError where it is merged: Radicle would take what is said and leave it at that */
export async function unmerged(repository: Repository, patchId: string): Promise<Patch> {
  const patch = await readPatch(repository, patchId);
  if (patch.state.status === "merged") throw new PatchesError("conflict", `Patch ${patchId} is merged, and stays so.`);
  return patch;
}

function checkText(text: string, location?: CodeLocation): void {
  checked(body, text, "The comment");
  if (location !== undefined) checked(codeLocationSchema, location, "The comment's place");
}

/** @throws PatchesError where there is none, or it was taken back */
export function revisionOf(patch: Patch, id: string): Revision {
  checked(oidSchema, id, "The revision");
  const revision = patch.revisions.find((one) => one.id === id);
  if (revision === undefined)
    throw new PatchesError(
      "no-revision",
      `Patch ${patch.id} has no revision ${id}: it was taken back, or has not come to this place yet.`,
    );
  return revision;
}

function reviewOf(patch: Patch, id: string): Review {
  checked(oidSchema, id, "The review");
  const found = patch.revisions.flatMap(({ reviews }) => reviews).find((one) => one.id === id);
  if (found === undefined)
    throw new PatchesError(
      "no-review",
      `Patch ${patch.id} has no review ${id}: it was taken back, or has not come to this place yet.`,
    );
  return found;
}

function commentOf(comments: readonly Comment[], id: string): Comment {
  checked(oidSchema, id, "The comment");
  const found = comments.find((one) => one.id === id);
  if (found === undefined)
    throw new PatchesError(
      "no-comment",
      `There is no comment ${id} there: it was taken back, or has not come to this place yet.`,
    );
  return found;
}

async function ownComment(repository: Repository, patchId: string, where: CommentPlace): Promise<void> {
  const patch = await readPatch(repository, patchId);
  const comments =
    "review" in where ? reviewOf(patch, where.review).comments : revisionOf(patch, where.revision).discussion;
  const { author } = commentOf(comments, where.comment);
  if (author !== (await whoIs(repository.place)))
    throw new PatchesError("not-allowed", "A comment is changed by who wrote it.");
}
