import type { CodeLocation, Verdict } from "./patch.ts";

/**
 * What is done to a patch, as radicle 0.25.1 reads it (src/cob/patch.rs, `Action`). A field of another name is dropped there
 * without a word: an answer in a review is `reply_to`, and one in a discussion `replyTo`.
 */
export type Action =
  | { type: "edit"; title: string; target: "delegates" | { branch: string } }
  | { type: "label"; labels: string[] }
  | { type: "assign"; assignees: string[] }
  | { type: "lifecycle"; state: { status: "open" | "draft" | "archived" } }
  | { type: "merge"; revision: string; commit: string }
  | { type: "review"; revision: string; summary?: string; verdict?: Verdict; labels?: string[] }
  | { type: "review.edit.v2"; review: string; summary: string; verdict?: Verdict; labels: string[] }
  | { type: "review.comment"; review: string; body: string; location?: CodeLocation; reply_to?: string }
  | { type: "review.comment.edit"; review: string; comment: string; body: string; embeds: [] }
  | { type: "review.comment.redact"; review: string; comment: string }
  | { type: "review.comment.resolve"; review: string; comment: string }
  | { type: "review.comment.unresolve"; review: string; comment: string }
  | { type: "revision.edit"; revision: string; description: string }
  | { type: "revision.comment"; revision: string; body: string; location?: CodeLocation; replyTo?: string }
  | { type: "revision.comment.edit"; revision: string; comment: string; body: string; embeds: [] }
  | { type: "revision.comment.redact"; revision: string; comment: string };
