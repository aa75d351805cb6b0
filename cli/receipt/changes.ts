import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

/** What stands in a preview for a value that is known once what it comes from is there (3.230.0: sdk/go/common/resource/plugin/rpc.go). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The version of what a pod mounts: unknown where that is made anew. */
export const MOUNTED = "guildnet.io/mounted";

/** What is another one where it is not known yet: an image goes by its digest, and is known once a registry has it. */
const MADE_ANEW = [MOUNTED, "image"];

const record = z.record(z.string(), z.unknown());
const state = z.object({
  parent: z.string().default(""),
  inputs: record.default({}),
  custom: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
});

/** Of a resource before or after, what the engine's event log has of it. What is secret stands there as "[secret]". */
export type State = z.infer<typeof state>;

const OPERATIONS = {
  same: "same",
  read: "same",
  refresh: "same",
  create: "created",
  import: "created",
  update: "updated",
  delete: "deleted",
  discard: "deleted",
  replace: "replaced",
  "create-replacement": "replaced",
  "delete-replaced": "replaced",
  "import-replacement": "replaced",
  "read-replacement": "same",
  "discard-replaced": "same",
  "remove-pending-replace": "same",
} as const;

const step = z.object({
  op: z.enum(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]),
  urn: z.string(),
  type: z.string(),
  old: state.nullish(),
  new: state.nullish(),
  detailedDiff: record.nullish(),
});

const policyEvent = z.object({
  policyName: z.string(),
  enforcementLevel: z.string(),
  message: z.string(),
  resourceUrn: z.string().default(""),
});

const events = z.array(
  z.object({
    resourcePreEvent: z.object({ metadata: step }).optional(),
    policyEvent: policyEvent.optional(),
    diagnosticEvent: z.object({ severity: z.string().default(""), message: z.string() }).optional(),
  }),
);

export type Effect = "same" | "created" | "updated" | "replaced" | "deleted";

/** What becomes of one resource. */
export interface Change {
  readonly urn: string;
  readonly type: string;
  /** The last part of the URN. */
  readonly name: string;
  readonly effect: Effect;
  readonly old?: State;
  readonly new?: State;
  /** Paths that its provider found to differ; undefined where it could not look. */
  readonly differs?: readonly string[];
}

/** What a policy found. */
export interface PolicyFinding {
  readonly policy: string;
  /** Whether the run is refused for it. */
  readonly refuses: boolean;
  /** Name of the resource that it is about; not there where it is about the whole stack. */
  readonly resource?: string;
  readonly message: string;
}

/** What a preview came to, as its event log tells it. */
export interface Preview {
  readonly changes: readonly Change[];
  readonly policies: readonly PolicyFinding[];
  /** Why it did not come to its end. */
  readonly errors: readonly string[];
}

/**
 * Reads the engine's event log: what becomes of each resource, those that stay as they are as well.
 * @see https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/apitype/events.go
 */
export function previewIn(logged: readonly unknown[]): Preview {
  const read = events.parse(logged);
  const byUrn = new Map<string, Change>();
  for (const { resourcePreEvent } of read) {
    const metadata = resourcePreEvent?.metadata;
    if (metadata !== undefined) byUrn.set(metadata.urn, merged(byUrn.get(metadata.urn), changeOf(metadata)));
  }
  return {
    changes: [...byUrn.values()],
    policies: read.flatMap(({ policyEvent: found }) => (found === undefined ? [] : [findingOf(found)])),
    errors: read.flatMap(({ diagnosticEvent: said }) => (said?.severity === "error" ? [plain(said.message)] : [])),
  };
}

function changeOf({ op, urn, type, old, new: after, detailedDiff }: z.infer<typeof step>): Change {
  const differs = detailedDiff == null ? undefined : Object.keys(detailedDiff);
  const change = {
    urn,
    type,
    name: lastOf(urn),
    ...(old != null && op !== "create" && { old }),
    ...(after != null && op !== "delete" && { new: after }),
    ...(differs && { differs }),
  };
  return { ...change, effect: isReapplied(op, change) ? "same" : OPERATIONS[op] };
}

/**
 * Whether an update is one in name alone. Where the cluster's own node changes the engine does not know the cluster's
 * address until it has, and announces an update of every object in it.
 */
function isReapplied(op: string, { type, old, new: after, differs }: Omit<Change, "effect">): boolean {
  return (
    op === "update" && type.startsWith("kubernetes:") && differs === undefined && !differ(old?.inputs, after?.inputs)
  );
}

/** A replacement is told of in three steps, in either order. */
function merged(before: Change | undefined, now: Change): Change {
  if (before === undefined) return now;
  const old = before.old ?? now.old,
    after = now.new ?? before.new;
  const effect = before.effect === "same" ? now.effect : before.effect;
  return { ...before, ...now, effect, ...(old && { old }), ...(after && { new: after }) };
}

function findingOf({ policyName, enforcementLevel, message, resourceUrn }: z.infer<typeof policyEvent>): PolicyFinding {
  return {
    policy: policyName,
    refuses: enforcementLevel === "mandatory",
    ...(resourceUrn !== "" && !resourceUrn.includes("pulumi:pulumi:Stack") && { resource: lastOf(resourceUrn) }),
    message: plain(message),
  };
}

function lastOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Without the engine's marks for colours. */
function plain(text: string): string {
  return text.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
}

export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/**
 * Whether two values differ by what is known. A name that is not known yet is the name it was: the guild's objects
 * have fixed ones. What is secret can't be told, nor is it ever shown.
 */
export function differ(old: unknown, after: unknown): boolean {
  if (isUnknown(after) && old !== undefined) return false;
  if (isSecret(old) || isSecret(after)) return false;
  if (isEmpty(old) && isEmpty(after)) return false;
  if (Array.isArray(old) && Array.isArray(after))
    return old.length !== after.length || old.some((one, index) => differ(one, after[index]));
  if (isRecord(old) && isRecord(after))
    return [...new Set([...Object.keys(old), ...Object.keys(after)])].some(
      (key) =>
        (MADE_ANEW.includes(key) && isUnknown(after[key])) ||
        (key === "namespaceSelector" && (old[key] === undefined) !== (after[key] === undefined)) ||
        differ(old[key], after[key]),
    );
  return !isDeepStrictEqual(old, after);
}

/** The value with what is not known yet as it was before, at the same place. */
export function settled(old: unknown, after: unknown): unknown {
  if (isUnknown(after)) return old ?? after;
  if (Array.isArray(after)) return after.map((one, index) => settled(Array.isArray(old) ? old[index] : undefined, one));
  if (!isRecord(after)) return after;
  return Object.fromEntries(Object.entries(after).map(([key, one]) => [key, settled(at(old, key), one)]));
}

/** What a provider leaves out of the inputs when it can ask the API server, and fills in when it can't. But of a peer's namespaces, `{}` are all. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}

/** A secret is written down as an object of a mark and "[secret]"; one of several values as data or as stringData. */
function isSecret(value: unknown): boolean {
  return value === "[secret]" || (isRecord(value) && value.ciphertext === "[secret]");
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of keys; undefined where there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (isRecord(found) ? found[key] : undefined), value);
}

/** The text at a path, where it is known. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && !isUnknown(found) ? found : undefined;
}
