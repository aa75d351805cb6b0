import type { z } from "zod";
import { nidOf } from "./ids.ts";
import type {
  codeLocationSchema,
  RawEdits,
  RawPatch,
  RawReview,
  RawRevision,
  RawThread,
  stateSchema,
  verdictSchema,
} from "./schema.ts";

/** Who somebody is: a key, as Radicle's node id. */
export type Nid = string;
/** RFC 3339. */
export type Time = string;
export type Verdict = z.output<typeof verdictSchema>;
export type PatchState = z.output<typeof stateSchema>;
/** A place in code as it was at a commit. */
export type CodeLocation = z.output<typeof codeLocationSchema>;

/** What somebody wrote, as it reads now. */
interface Written {
  readonly author: Nid;
  readonly at: Time;
  /** When it was written anew; undefined where it never was. */
  readonly editedAt?: Time;
}

export interface Reaction {
  readonly emoji: string;
  readonly author: Nid;
}

export interface Comment extends Written {
  readonly id: string;
  readonly body: string;
  readonly replyTo?: string;
  readonly location?: CodeLocation;
  readonly isResolved: boolean;
  readonly reactions: readonly Reaction[];
}

export interface Review extends Written {
  readonly id: string;
  readonly revision: string;
  readonly verdict?: Verdict;
  /** Empty where there is a verdict alone. */
  readonly summary: string;
  readonly labels: readonly string[];
  /** In the order in which they were made. */
  readonly comments: readonly Comment[];
}

export interface Revision extends Written {
  readonly id: string;
  readonly description: string;
  /** From this commit … */
  readonly base: string;
  /** … to this one. */
  readonly oid: string;
  readonly discussion: readonly Comment[];
  /** One of each who reviewed it, in the order in which they were made. */
  readonly reviews: readonly Review[];
  readonly reactions: readonly (Reaction & { readonly location?: CodeLocation })[];
}

export interface Merge {
  readonly by: Nid;
  readonly revision: string;
  readonly commit: string;
  readonly at: Time;
}

export interface Patch {
  readonly id: string;
  readonly title: string;
  readonly author: Nid;
  readonly state: PatchState;
  /** The branch that it is for: undefined is the repository's default branch. */
  readonly target?: string;
  readonly labels: readonly string[];
  readonly assignees: readonly Nid[];
  /** In the order in which they came; those taken back are not among them. The first is as old as the patch. */
  readonly revisions: readonly Revision[];
  /** Who said that it is merged; it is so once enough of the delegates did. */
  readonly merges: readonly Merge[];
  /** Every operation that counts in it, oldest first. */
  readonly timeline: readonly string[];
}

/** What rad prints, in the shape in which one reads it. */
export function patchOf(id: string, raw: RawPatch): Patch {
  const order = placesOf(raw.timeline);
  const revisions = Object.values(raw.revisions).filter((revision) => revision !== null);
  return {
    id,
    title: raw.title,
    author: nidOf(raw.author.id),
    state: raw.state,
    ...(raw.target === "delegates" ? {} : { target: raw.target.branch }),
    labels: raw.labels,
    assignees: raw.assignees,
    revisions: revisions
      .toSorted((one, other) => order(one.id) - order(other.id))
      .map((revision) => revisionOf(revision, order)),
    merges: Object.entries(raw.merges).map(([by, { revision, commit, timestamp }]) => ({
      by,
      revision,
      commit,
      at: timeOf(timestamp),
    })),
    timeline: raw.timeline,
  };
}

function revisionOf(raw: RawRevision, order: Order): Revision {
  return {
    id: raw.id,
    author: nidOf(raw.author.id),
    ...whenOf(raw.description),
    description: textOf(raw.description),
    base: raw.base,
    oid: raw.oid,
    discussion: commentsOf(raw.discussion),
    reviews: Object.values(raw.reviews)
      .toSorted((one, other) => order(one.id) - order(other.id))
      .map((review) => reviewOf(review, raw.id)),
    reactions: raw.reactions.flatMap(({ location, emoji, authors }) =>
      authors.map((author) => ({ emoji, author, ...(location && { location }) })),
    ),
  };
}

function reviewOf(raw: RawReview, revision: string): Review {
  return {
    id: raw.id,
    revision,
    author: nidOf(raw.author.id),
    ...whenOf(raw.summary),
    ...(raw.verdict && { verdict: raw.verdict }),
    summary: textOf(raw.summary),
    labels: raw.labels,
    comments: commentsOf(raw.comments),
  };
}

function commentsOf({ comments, timeline }: RawThread): Comment[] {
  const order = placesOf(timeline);
  return Object.entries(comments)
    .flatMap(([id, raw]) => (raw === null ? [] : [{ id, raw }]))
    .toSorted((one, other) => order(one.id) - order(other.id))
    .map(({ id, raw }) => ({
      id,
      author: raw.author,
      ...whenOf(raw.edits),
      body: raw.body,
      ...(raw.replyTo && { replyTo: raw.replyTo }),
      ...(raw.location && { location: raw.location }),
      isResolved: raw.resolved,
      reactions: raw.reactions.map(([author, emoji]) => ({ author, emoji })),
    }));
}

type Order = (id: string) => number;

function placesOf(timeline: readonly string[]): Order {
  const places = new Map(timeline.map((id, index) => [id, index]));
  return (id) => places.get(id) ?? timeline.length;
}

function textOf(edits: RawEdits): string {
  return edits.at(-1)?.body ?? "";
}

function whenOf(edits: RawEdits): { at: Time; editedAt?: Time } {
  const at = timeOf(edits[0]?.timestamp ?? 0);
  return edits.length > 1 ? { at, editedAt: timeOf(edits.at(-1)?.timestamp ?? 0) } : { at };
}

function timeOf(milliseconds: number): Time {
  return new Date(milliseconds).toISOString();
}
