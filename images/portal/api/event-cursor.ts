import type { Audience } from "../../../events/index.ts";

/** How far a page has read: of each audience the number of the last event. */
export type EventCursor = ReadonlyMap<Audience, number>;

/** Handles are 63 characters at most, and a page reads three audiences. */
const LONGEST = 200;
const PART = /^(guild|admins|@[a-z0-9-]{1,63})=(\d{1,15})$/;

/** As it stands in an event's id. */
export function cursorText(cursor: EventCursor): string {
  return [...cursor].map(([audience, number]) => `${audience}=${number}`).join(",");
}

/** @param text what a browser sends, which may be anything @returns undefined where it is no cursor */
export function readCursor(text: string | string[] | undefined): EventCursor | undefined {
  if (typeof text !== "string" || text.length > LONGEST) return undefined;
  const parts = text.split(",").map((part) => PART.exec(part));
  return parts.every((part) => part !== null)
    ? new Map(parts.map(([, audience, number]) => [audience as Audience, Number(number)]))
    : undefined;
}
