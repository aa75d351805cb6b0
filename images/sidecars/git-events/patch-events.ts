import type { EventData, EventType } from "../../../events/index.ts";
import type { Comment, Operation, Patch, Review } from "../../../patches/index.ts";

type GitType = Extract<EventType, `git.${string}`>;

/** An event that is still to be told. */
export type Telling = {
  [Type in GitType]: { readonly type: Type; readonly data: EventData<Type>; readonly about: string };
}[GitType];

export interface Setting {
  readonly repository: { readonly id: string; readonly name: string };
  /** How many delegates it takes to merge. */
  readonly threshold: number;
  /** Who somebody is to the guild. */
  readonly who: (nid: string) => string;
}

/** An operation that is new, and what is to be told of it: often one event, of some nothing. */
export interface NewOperation {
  readonly id: string;
  /** When it was, as its author's clock has it; milliseconds. */
  readonly at: number;
  readonly events: readonly Telling[];
}

export interface News {
  readonly operations: readonly NewOperation[];
  /**
   * Operations that the patch, as it is shown, doesn't have. Radicle leaves out what somebody did who may not; and for a moment
   * what just came, until its node has put the patch together anew.
   */
  readonly missing: readonly string[];
}

/** Of how long a text something is told. */
const LONGEST = 4096;

/** What is new in a patch. Only what counts in it is told: an operation alone could say that a stranger merged it. */
export function newsOf(patch: Patch, log: readonly Operation[], told: ReadonlySet<string>, setting: Setting): News {
  const unknown = log.filter(({ id }) => !told.has(id));
  const present = new Set(patch.timeline);
  return {
    operations: unknown
      .filter(({ id }) => present.has(id))
      .map((operation) => ({
        id: operation.id,
        at: operation.timestamp,
        events: eventsOf(operation, patch, log, setting),
      })),
    missing: unknown.map(({ id }) => id).filter((id) => !present.has(id)),
  };
}

function eventsOf(
  operation: Operation,
  patch: Patch,
  log: readonly Operation[],
  { repository, threshold, who }: Setting,
): Telling[] {
  const by = who(operation.author);
  const base = { repository, patch: patch.id, by };
  if (operation.id === patch.id) {
    const title =
      operation.actions.map(({ title: text }) => text).find((text) => typeof text === "string") ?? patch.title;
    return [
      { type: "git.patch.opened", about: operation.id, data: { ...base, revision: patch.id, title: shortened(title) } },
    ];
  }
  return operation.actions.flatMap((action, index): Telling[] => {
    const about = index === 0 ? operation.id : `${operation.id}.${index}`;
    const changed = (change: EventData<"git.patch.changed">["change"]): Telling[] => [
      {
        type: "git.patch.changed",
        about,
        data: { ...base, revision: revisionFor(action, patch), change, state: patch.state.status },
      },
    ];
    switch (action.type) {
      case "revision":
        return patch.revisions.some(({ id }) => id === operation.id)
          ? [{ type: "git.patch.updated", about, data: { ...base, revision: operation.id } }]
          : [];
      case "review": {
        const review = reviews(patch).find(({ id }) => id === operation.id);
        return review === undefined ? [] : [reviewed(base, about, review, action)];
      }
      case "review.edit":
      case "review.edit.v2": {
        const review = reviews(patch).find(({ id }) => id === action["review"]);
        return review === undefined ? [] : [reviewed(base, about, review, action)];
      }
      case "merge":
        return isMerging(operation, patch, log, threshold) && patch.state.status === "merged"
          ? [
              {
                type: "git.patch.merged",
                about,
                data: { ...base, revision: patch.state.revision, commit: patch.state.commit },
              },
            ]
          : [];
      case "revision.comment":
      case "review.comment": {
        const found = comments(patch).find(({ comment: { id } }) => id === operation.id);
        return found === undefined ? [] : [commented(base, about, found)];
      }
      case "lifecycle":
        return changed("state");
      case "edit":
        return changed("title");
      case "revision.edit":
        return changed("description");
      case "label":
        return changed("labels");
      case "assign":
        return changed("assignees");
      case "review.comment.resolve":
      case "review.comment.unresolve":
        return changed("threads");
      default:
        // Reactions, what is written anew or taken back, and what a newer Radicle brings.
        return changed("comments");
    }
  });
}

type Base = Pick<EventData<"git.patch.updated">, "repository" | "patch" | "by">;

/** As it was said then: it may have been changed since. */
function reviewed(base: Base, about: string, { revision }: Review, action: Operation["actions"][number]): Telling {
  const { verdict, summary } = action;
  return {
    type: "git.patch.reviewed",
    about,
    data: {
      ...base,
      revision,
      ...((verdict === "accept" || verdict === "reject") && { verdict }),
      ...(typeof summary === "string" && summary !== "" && { summary: shortened(summary) }),
    },
  };
}

interface Found {
  readonly comment: Comment;
  readonly revision: string;
  readonly review?: string;
}

function commented(base: Base, about: string, { comment: { id, body, location }, revision, review }: Found): Telling {
  const range = location?.new ?? location?.old;
  const line =
    range?.type === "chars"
      ? range.line
      : range === undefined || range === null
        ? undefined
        : Math.max(range.range.start, range.range.end - 1);
  return {
    type: "git.patch.commented",
    about,
    data: {
      ...base,
      revision,
      comment: id,
      text: shortened(body),
      ...(review && { review }),
      ...(location && { path: shortened(location.path) }),
      ...(line !== undefined && { line }),
    },
  };
}

/** It takes the word of some delegates: who makes them enough is who merged it, and those after him say what is so already. */
function isMerging({ id }: Operation, { state }: Patch, log: readonly Operation[], threshold: number): boolean {
  if (state.status !== "merged") return false;
  const said = log.filter(({ actions }) =>
    actions.some(
      ({ type, revision, commit }) => type === "merge" && revision === state.revision && commit === state.commit,
    ),
  );
  return said[threshold - 1]?.id === id;
}

function reviews(patch: Patch): Review[] {
  return patch.revisions.flatMap((revision) => revision.reviews);
}

function comments(patch: Patch): Found[] {
  return patch.revisions.flatMap(({ id: revision, discussion, reviews: its }) => [
    ...discussion.map((comment) => ({ comment, revision })),
    ...its.flatMap((review) => review.comments.map((comment) => ({ comment, revision, review: review.id }))),
  ]);
}

function revisionFor({ revision, review }: Operation["actions"][number], patch: Patch): string {
  if (typeof revision === "string") return revision;
  const its = reviews(patch).find(({ id }) => id === review)?.revision;
  return its ?? patch.revisions.at(-1)?.id ?? patch.id;
}

/** Of letters none is cut in two. */
function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
