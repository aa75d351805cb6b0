/**
 * Patches and reviews of Radicle repositories, as typed data: read from wherever `rad` and `git` run, written as whoever is
 * there. `local.ts` runs them on this machine.
 */
export type { Action } from "./actions.ts";
export * from "./diff.ts";
export * from "./errors.ts";
export { didOf, didSchema, nidOf, nidSchema, oidSchema, ridSchema } from "./ids.ts";
export * from "./merge.ts";
export * from "./patch.ts";
export type { Argv, Place, Ran, Repository, RunOptions } from "./place.ts";
export * from "./read.ts";
export * from "./read-diff.ts";
export * from "./review-state.ts";
export { announce } from "./update.ts";
export type { Announced } from "./update.ts";
export {
  assign,
  comment,
  describe,
  editComment,
  redactComment,
  resolve,
  review,
  reviewComment,
  setLabels,
  setState,
} from "./write.ts";
export type { CommentPlace, Written } from "./write.ts";
