import { z } from "zod";
import { didSchema, nidSchema, oidSchema } from "./ids.ts";

/**
 * What `rad cob show` and `rad cob log` print of patches, as of radicle 0.25.1 (src/cob/patch.rs, thread.rs, common.rs; COB
 * schema 3 of its cache). A field more is dropped; one that is gone or another makes a patch unreadable, which is told.
 */
export const COB_VERSION = "radicle 0.25.1";
export const PATCH_TYPE = "xyz.radicle.patch";

const milliseconds = z.int().min(0);
const author = z.object({ id: didSchema });
const embed = z.object({ name: z.string(), content: z.string() });
const edit = z.object({
  author: nidSchema,
  timestamp: milliseconds,
  body: z.string(),
  embeds: z.array(embed).default([]),
});
const edits = z.array(edit).min(1);

/** Lines are counted from 1, and the end is not of it any more. */
const span = z.object({ start: z.int().min(0), end: z.int().min(0) });
export const codeRangeSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("lines"), range: span }),
  z.object({ type: z.literal("chars"), line: z.int().min(0), range: span }),
]);
export const codeLocationSchema = z.object({
  commit: oidSchema,
  path: z.string().min(1),
  old: codeRangeSchema.nullable().default(null),
  new: codeRangeSchema.nullable().default(null),
});

const reaction = z.tuple([nidSchema, z.string()]);
const comment = z.object({
  author: nidSchema,
  replyTo: oidSchema.optional(),
  reactions: z.array(reaction),
  resolved: z.boolean(),
  body: z.string(),
  edits,
  location: codeLocationSchema.optional(),
});
/** What was taken back is null. Its timeline has ids of edits and resolves as well. */
const thread = z.object({ comments: z.record(oidSchema, comment.nullable()), timeline: z.array(oidSchema) });
export const verdictSchema = z.enum(["accept", "reject"]);

const review = z.object({
  id: oidSchema,
  author,
  verdict: verdictSchema.nullable(),
  summary: edits,
  comments: thread,
  labels: z.array(z.string()),
  reactions: z.array(reaction).default([]),
  timestamp: milliseconds,
});

const revision = z.object({
  id: oidSchema,
  author,
  description: edits,
  base: oidSchema,
  oid: oidSchema,
  discussion: thread,
  reviews: z.record(nidSchema, review),
  timestamp: milliseconds,
  resolves: z.array(z.tuple([oidSchema, oidSchema])),
  reactions: z.array(
    z.object({ location: codeLocationSchema.nullable(), emoji: z.string(), authors: z.array(nidSchema) }),
  ),
});

export const stateSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("draft") }),
  z.object({ status: z.literal("open"), conflicts: z.array(z.tuple([oidSchema, oidSchema])).default([]) }),
  z.object({ status: z.literal("archived") }),
  z.object({ status: z.literal("merged"), revision: oidSchema, commit: oidSchema }),
]);

export const patchSchema = z.object({
  title: z.string(),
  author,
  state: stateSchema,
  target: z.union([z.literal("delegates"), z.object({ branch: z.string() })]),
  labels: z.array(z.string()),
  merges: z.record(nidSchema, z.object({ revision: oidSchema, commit: oidSchema, timestamp: milliseconds })),
  revisions: z.record(oidSchema, revision.nullable()),
  assignees: z.array(nidSchema),
  timeline: z.array(oidSchema),
  reviews: z.record(oidSchema, z.tuple([oidSchema, nidSchema]).nullable()),
});

export const operationSchema = z.object({
  id: oidSchema,
  author: nidSchema,
  timestamp: milliseconds,
  parents: z.array(oidSchema),
  /** Each by its type; more of it is read by whoever needs it. */
  actions: z.array(z.looseObject({ type: z.string() })).min(1),
});

/** Of `rad inspect --identity`. */
export const identitySchema = z.object({
  payload: z.object({
    "xyz.radicle.project": z.object({ name: z.string(), description: z.string(), defaultBranch: z.string() }),
  }),
  /** Not there where anybody may have it. */
  visibility: z.object({ type: z.string() }).default({ type: "public" }),
  delegates: z.array(didSchema).min(1),
  threshold: z.int().min(1),
});

export type RawPatch = z.output<typeof patchSchema>;
export type RawRevision = z.output<typeof revision>;
export type RawReview = z.output<typeof review>;
export type RawThread = z.output<typeof thread>;
export type RawEdits = z.output<typeof edits>;
