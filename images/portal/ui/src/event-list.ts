import type { SeenEvent } from "../../api/types.ts";
import { sourceWords, wordsOf } from "./event-words.ts";

/** How many stay on the page. */
export const MOST_SHOWN = 500;

/** What the page has of the events, newest first. */
export interface EventList {
  readonly shown: readonly SeenEvent[];
  /** What came while it was paused. */
  readonly held: readonly SeenEvent[];
  readonly paused: boolean;
}

export const NO_EVENTS: EventList = { shown: [], held: [], paused: false };

/** With what came, which may have come before. */
export function withMore(list: EventList, events: readonly SeenEvent[]): EventList {
  const known = new Set([...list.shown, ...list.held].map(keyOf));
  const fresh = events.filter((event) => !known.has(keyOf(event)));
  return list.paused ? { ...list, held: newestOf(list.held, fresh) } : { ...list, shown: newestOf(list.shown, fresh) };
}

/** Paused, what comes waits; it is shown as soon as it isn't any more. */
export function setPaused(list: EventList, paused: boolean): EventList {
  return paused ? { ...list, paused } : { shown: newestOf(list.shown, list.held), held: [], paused };
}

/** Of one event while the page is open: numbers begin anew where the bus does. */
export function keyOf({ audience, sequence, keptAt }: SeenEvent): string {
  return `${audience} ${sequence} ${keptAt}`;
}

/** Those in which all words of a text are, in whatever a person sees of them. */
export function withText(events: readonly SeenEvent[], text: string): readonly SeenEvent[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return events;
  return events.filter((event) => {
    const { type, source, id, data } = event;
    const all = [wordsOf(event), sourceWords(source), type, source, id, JSON.stringify(data)].join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function newestOf(...lists: readonly (readonly SeenEvent[])[]): SeenEvent[] {
  return lists
    .flat()
    .sort((a, b) => Date.parse(b.keptAt) - Date.parse(a.keptAt) || b.sequence - a.sequence)
    .slice(0, MOST_SHOWN);
}
