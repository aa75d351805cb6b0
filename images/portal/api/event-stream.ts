import type { FastifyReply } from "fastify";
import type { Audience } from "../../../events/index.ts";
import type { Kept } from "../guild/event-feed.ts";
import type { Session } from "../identity/sessions.ts";
import { cursorText, type EventCursor } from "./event-cursor.ts";
import { isWanted, type EventFilter } from "./event-filter.ts";
import { eventHistory } from "./event-history.ts";
import { liveStream, Written } from "./live-stream.ts";
import type { Services } from "./services.ts";
import type { LiveEvents } from "./types.ts";

export interface WantedEvents {
  /** Whose events it may read. */
  readonly audiences: readonly Audience[];
  readonly filter: EventFilter;
  /** How far the page has read before. */
  readonly after: EventCursor | undefined;
}

/** What is said on the bus, past events first, until the browser leaves or the session ends. While the bus is away it waits. */
export function streamEvents(
  reply: FastifyReply,
  session: Session,
  { events, leases }: Pick<Services, "events" | "leases">,
  { audiences, filter, after }: WantedEvents,
): FastifyReply {
  const stream = liveStream<LiveEvents>(reply, session, leases);
  let place: Map<Audience, number> | undefined;
  const tell = ({ event, text }: Kept): void => {
    // Before what is kept was told, this is a part of it.
    place?.set(event.audience, event.sequence);
    if (place && isWanted(filter, event)) stream.send("said", new Written(text), cursorText(place));
  };
  const tellBus = (): void => stream.send("bus", { connected: events.connected });

  const reading = events.read(audiences, tell);
  stream.onClose(reading.stop);
  stream.onClose(events.onConnection(tellBus));
  tellBus();
  void reading.ready.then(() => {
    if (!stream.open) return;
    const kept = new Map(audiences.map((audience) => [audience, reading.kept(audience)]));
    const { events: past, missed, cursor } = eventHistory(kept, after, filter);
    place = new Map(cursor);
    for (const each of past) tell(each);
    stream.send("caughtUp", { missed }, cursorText(place));
  });
  return stream.answer();
}
