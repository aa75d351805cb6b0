import { z } from "zod";

/**
 * What is said on the bus: of each type what it carries. A reader may be older or newer than whoever says it. So a field
 * more needs no new version, and is dropped by who doesn't know it; a field that becomes another, or is gone, counts up
 * `version`, and who doesn't know that takes the event for one of an unknown kind.
 */
export interface EventKind<Data extends z.ZodType = z.ZodType> {
  readonly version: number;
  readonly data: Data;
}

const text = z.string().min(1).max(4096);
/** A person's handle, or the identity of somebody who isn't of the guild. */
const who = z.string().min(1).max(256);
const reason = text.describe("In words for a person.");
const repository = z.object({
  id: z.string().min(1).max(128).describe('For instance "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5".'),
  name: z.string().min(1).max(255),
});
const commit = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, "a commit's whole hash");
const patch = z.object({
  repository,
  patch: z.string().min(1).max(128),
  revision: z.string().min(1).max(128),
  by: who,
});
const workspace = z.object({ workspace: z.string().min(1).max(63), owner: who });
const seconds = z.number().min(0);
const stack = z.object({
  stack: text,
  /** How many resources there are of each: "create", "update", "same" … */
  changes: z.record(z.string(), z.int().min(0)),
  seconds,
});
const alert = z.object({
  alert: text.describe('Name of the rule, for instance "DiskFilling".'),
  severity: z.enum(["warning", "critical"]),
  about: text.describe("What it is about, for instance a volume or a pod."),
  summary: text,
  since: z.iso.datetime({ offset: true }),
});
const agent = z.object({
  agent: text.describe('For instance "codex".'),
  /** Tells several tasks of an agent apart. */
  task: z.string().max(128).optional(),
});

function first<Data extends z.ZodType>(data: Data): EventKind<Data> {
  return { version: 1, data };
}

/** Every type there is. */
export const eventKinds = {
  "git.push": first(z.object({ repository, ref: text, commit, by: who })),
  "git.patch.opened": first(patch.extend({ title: text })),
  "git.patch.updated": first(patch),
  "git.patch.reviewed": first(
    patch.extend({ verdict: z.enum(["accept", "reject"]).optional(), summary: text.optional() }),
  ),
  "git.patch.merged": first(patch.extend({ commit })),
  "git.patch.commented": first(
    patch.extend({
      comment: z.string().min(1).max(128),
      review: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .describe("The review that it is of; without, it is of the discussion."),
      text,
      path: text.optional().describe("The file that it is about."),
      line: z.int().min(0).optional().describe("Its last line there, counted from 1."),
    }),
  ),
  "git.patch.changed": first(
    patch.extend({
      change: z.enum(["state", "title", "description", "labels", "assignees", "threads", "comments"]),
      state: z.enum(["draft", "open", "archived", "merged"]).describe("As it is then."),
    }),
  ),
  "workspace.created": first(workspace),
  "workspace.started": first(workspace),
  "workspace.stopped": first(workspace),
  "workspace.failed": first(workspace.extend({ reason })),
  "stack.previewed": first(stack),
  "stack.applied": first(stack),
  "stack.failed": first(z.object({ stack: text, reason, seconds })),
  "backup.done": first(
    z.object({
      volume: text.describe('Its namespace, for instance "ws-ada".'),
      snapshot: z.string().max(128).optional(),
      /** Of one that was begun by hand nobody knows. */
      seconds: seconds.optional(),
    }),
  ),
  "backup.failed": first(z.object({ volume: text, reason })),
  "alert.fired": first(alert),
  "alert.resolved": first(alert),
  "agent.started": first(agent.extend({ about: text.optional() })),
  "agent.said": first(agent.extend({ text })),
  "agent.finished": first(agent.extend({ summary: text.optional() })),
  "agent.failed": first(agent.extend({ reason })),
  "models.used": first(
    z.object({
      workspace: z.string().min(1).max(63),
      model: text,
      inputTokens: z.int().min(0),
      outputTokens: z.int().min(0),
    }),
  ),
  "note.changed": first(
    z.object({ vault: text, path: text, by: who, change: z.enum(["created", "changed", "removed"]) }),
  ),
} as const satisfies Record<string, EventKind>;

export type EventType = keyof typeof eventKinds;

/** What an event of a type carries. */
export type EventData<Type extends EventType> = z.output<(typeof eventKinds)[Type]["data"]>;

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventKinds, type);
}
