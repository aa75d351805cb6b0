import type { Audience } from "../../../events/index.ts";
import type { Kept } from "../guild/event-feed.ts";
import type { EventCursor } from "./event-cursor.ts";
import { isWanted, type EventFilter } from "./event-filter.ts";

/** Of past events, what is sent at once: well below what a page may have unread. */
const MOST_CHARACTERS = 256 * 1024;

export interface EventHistory {
  /** In the order in which they were kept. */
  readonly events: readonly Kept[];
  /** How many the page missed that it doesn't get, at most: some may not be what it wants. */
  readonly missed: number;
  /** Where it is before the first of them. */
  readonly cursor: EventCursor;
}

/**
 * What of past events a page is told.
 * @param kept of each audience what is at hand, oldest first
 * @param after how far it has read; undefined where it comes for the first time
 */
export function eventHistory(
  kept: ReadonlyMap<Audience, readonly Kept[]>,
  after: EventCursor | undefined,
  filter: EventFilter,
): EventHistory {
  let missed = 0;
  const fresh = [...kept].flatMap(([audience, all]) => {
    const [first, last] = [all[0]?.event.sequence ?? 0, all.at(-1)?.event.sequence ?? 0];
    const read = after?.get(audience);
    // Who has read more than there is has read a bus that is gone: it was brought back from before.
    if (read === undefined || read > last) return all;
    missed += Math.max(0, first - read - 1);
    return all.filter(({ event }) => event.sequence > read);
  });
  const wanted = fresh
    .filter(({ event }) => isWanted(filter, event))
    .sort((a, b) => Date.parse(a.event.keptAt) - Date.parse(b.event.keptAt));
  const events = newest(wanted, filter.newest);
  if (after !== undefined) missed += wanted.length - events.length;
  return { events, missed, cursor: before(events, kept) };
}

function newest(events: readonly Kept[], most: number): readonly Kept[] {
  let characters = 0,
    count = 0;
  for (const { text } of events.toReversed()) {
    characters += text.length;
    if (count === most || characters > MOST_CHARACTERS) break;
    count++;
  }
  return events.slice(events.length - count);
}

/** An audience of which nothing is kept is in no cursor: whatever it says next is new. */
function before(events: readonly Kept[], kept: ReadonlyMap<Audience, readonly Kept[]>): EventCursor {
  return new Map(
    [...kept].flatMap(([audience, all]) => {
      const first = events.find(({ event }) => event.audience === audience)?.event.sequence,
        last = all.at(-1)?.event.sequence;
      const place = first === undefined ? last : first - 1;
      return place === undefined ? [] : [[audience, place] as const];
    }),
  );
}
