import { z } from "zod";
import { PortalError } from "../entrance/errors.ts";
import type { SeenEvent } from "../guild/event-feed.ts";

/** What of the events somebody wants. */
export interface EventFilter {
  /** First words of a type: "git", "git.patch". */
  readonly type?: string;
  readonly source?: string;
  /** RFC 3339: those kept then or after. */
  readonly since?: string;
  /** How many past ones at most. */
  readonly newest: number;
}

const query = z.strictObject({
  type: z
    .string()
    .max(100)
    .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/, 'a type or its first words, such as "git" or "git.patch"')
    .optional(),
  source: z
    .string()
    .regex(/^[a-z0-9-]{1,80}$/, 'who says it, such as "ws-ada" or "up"')
    .optional(),
  since: z.iso.datetime({ offset: true, error: 'a time, such as "2026-11-29T02:00:00Z"' }).optional(),
  newest: z.coerce.number('a number, such as "200"').int().min(0).max(500).default(200),
});

/** @throws {PortalError} 400, in words */
export function eventFilter(asked: unknown): EventFilter {
  const parsed = query.safeParse(asked);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new PortalError(400, "bad_filter", `Events can't be chosen so: ${words.join("; ")}.`);
}

export function isWanted({ type, source, since }: EventFilter, event: SeenEvent): boolean {
  return (
    (type === undefined || event.type === type || event.type.startsWith(`${type}.`)) &&
    (source === undefined || event.source === source) &&
    (since === undefined || Date.parse(event.keptAt) >= Date.parse(since))
  );
}
