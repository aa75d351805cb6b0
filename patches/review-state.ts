import type { Comment, Merge, Nid, Patch, Revision, Verdict } from "./patch.ts";

/** What somebody said last about a patch. */
export interface Standing {
  readonly reviewer: Nid;
  readonly review: string;
  readonly revision: string;
  readonly verdict?: Verdict;
  /** Whether it is about the code as it is now. */
  readonly isCurrent: boolean;
}

/** A comment, and what was answered to it. */
export interface CommentThread {
  readonly root: Comment;
  readonly replies: readonly Comment[];
  readonly revision: string;
  /** The review that it is of; undefined where it is of the discussion. */
  readonly review?: string;
  /** Of discussions nobody resolves anything in Radicle: they ask for nothing. */
  readonly isOpen: boolean;
}

/** How a patch stands, as one reads it. */
export interface ReviewState {
  /** The code as it is now: the author's latest revision. */
  readonly latest: Revision;
  readonly standings: readonly Standing[];
  /** Those of whom the latest word is a verdict about the code as it is now. */
  readonly accepted: readonly Nid[];
  readonly rejected: readonly Nid[];
  readonly threads: readonly CommentThread[];
  readonly openThreads: readonly CommentThread[];
  /** Which of its revisions is where, and who said so; undefined where it isn't merged. */
  readonly merged?: {
    readonly revision: string;
    readonly commit: string;
    readonly branch: string;
    readonly by: readonly Merge[];
  };
}

/** @param defaultBranch of the repository, for instance "main" */
export function reviewState(patch: Patch, defaultBranch: string): ReviewState {
  const latest = patch.revisions.findLast(({ author }) => author === patch.author) ?? patch.revisions.at(-1);
  if (latest === undefined) throw new Error(`patch ${patch.id} has no revision`);
  const standings = standingsOf(patch, latest);
  const threads = patch.revisions.flatMap(threadsOf);
  const those = (verdict: Verdict) =>
    standings.filter((one) => one.isCurrent && one.verdict === verdict).map(({ reviewer }) => reviewer);
  return {
    latest,
    standings,
    accepted: those("accept"),
    rejected: those("reject"),
    threads,
    openThreads: threads.filter(({ isOpen }) => isOpen),
    ...mergedOf(patch, defaultBranch),
  };
}

/** Of each the review of the latest revision that he reviewed: one of an older revision may have been edited since. */
function standingsOf(patch: Patch, latest: Revision): Standing[] {
  const standings = new Map<Nid, Standing>();
  for (const revision of patch.revisions)
    for (const { author, id, verdict } of revision.reviews)
      standings.set(author, {
        reviewer: author,
        review: id,
        revision: revision.id,
        ...(verdict && { verdict }),
        isCurrent: revision.id === latest.id,
      });
  return [...standings.values()];
}

function threadsOf(revision: Revision): CommentThread[] {
  return [
    ...grouped(revision.discussion).map((thread) => ({ ...thread, revision: revision.id, isOpen: false })),
    ...revision.reviews.flatMap((review) =>
      grouped(review.comments).map((thread) => ({
        ...thread,
        revision: revision.id,
        review: review.id,
        isOpen: !thread.root.isResolved,
      })),
    ),
  ];
}

/** Answers to answers are of the same thread; one to what was taken back begins a thread of its own. */
function grouped(comments: readonly Comment[]): { root: Comment; replies: Comment[] }[] {
  const roots = new Map<string, { root: Comment; replies: Comment[] }>();
  for (const comment of comments) {
    const thread = comment.replyTo === undefined ? undefined : roots.get(comment.replyTo);
    const its = thread ?? { root: comment, replies: [] };
    if (thread !== undefined) thread.replies.push(comment);
    roots.set(comment.id, its);
  }
  return [...new Set(roots.values())];
}

function mergedOf({ state, merges, target }: Patch, defaultBranch: string): Pick<ReviewState, "merged"> {
  if (state.status !== "merged") return {};
  const { revision, commit } = state;
  const by = merges.filter((merge) => merge.revision === revision && merge.commit === commit);
  return { merged: { revision, commit, branch: (target ?? defaultBranch).replace(/^refs\/heads\//, ""), by } };
}
