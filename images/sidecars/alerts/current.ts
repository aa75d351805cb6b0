import { z } from "zod";
import { eventKinds } from "../../../events/index.ts";
import type { Alert, Posted } from "./posted.ts";

const alert = eventKinds["alert.fired"].data;

/** An event that has still to be said. */
export const unsaidSchema = z.object({ id: z.string().min(1), type: z.enum(["alert.fired", "alert.resolved"]), alert });
export type Unsaid = z.output<typeof unsaidSchema>;

/** Alerts by what tells them apart, each with when it is over where nobody says it again, in milliseconds. */
export const currentSchema = z.record(z.string(), z.object({ alert, until: z.number() }));
export type Current = z.output<typeof currentSchema>;

/** What is to be said. */
export interface Change {
  readonly type: Unsaid["type"];
  readonly alert: Alert;
}

/** What is current after some were posted, and what has begun or ended by that: what was current and still is says nothing. */
export function afterPost(
  before: Current,
  posted: readonly Posted[],
  now: number,
): { current: Current; changes: Change[] } {
  const current = { ...before };
  const changes: Change[] = [];
  for (const { key, alert: said, until } of posted) {
    const known = current[key];
    if (until.getTime() > now) {
      if (known === undefined) changes.push({ type: "alert.fired", alert: said });
      // Since when it has been is as it was said first: vmalert forgets when it starts anew. What it says of it may be newer.
      current[key] = { alert: { ...said, since: known?.alert.since ?? said.since }, until: until.getTime() };
    } else if (known !== undefined) {
      changes.push({ type: "alert.resolved", alert: known.alert });
      delete current[key];
    }
  }
  return { current, changes };
}

/** The same after time went by: one that nobody says any more, as its rule is gone, is over. */
export function afterTime(before: Current, now: number): { current: Current; changes: Change[] } {
  const over = Object.entries(before).filter(([, { until }]) => until <= now);
  return {
    current: Object.fromEntries(Object.entries(before).filter(([, { until }]) => until > now)),
    changes: over.map(([, { alert: ended }]) => ({ type: "alert.resolved" as const, alert: ended })),
  };
}

/** What was current before this program was away: who says alerts has as long to say them again. */
export function afterAbsence(before: Current, now: number, patience: number): Current {
  return Object.fromEntries(
    Object.entries(before).map(([key, known]) => [key, { ...known, until: Math.max(known.until, now + patience) }]),
  );
}
