import type { FastifyInstance } from "fastify";
import { audienceSchema, personal, type Audience } from "../../../events/index.ts";
import { PortalError } from "../entrance/errors.ts";
import { readCursor } from "./event-cursor.ts";
import { eventFilter } from "./event-filter.ts";
import { streamEvents } from "./event-stream.ts";
import { requireSession } from "./request-session.ts";
import type { Services } from "./services.ts";

/** What is said on the guild's event bus, as it is said. */
export function registerEvents(app: FastifyInstance, services: Services): void {
  app.get("/api/events", async (request, reply) => {
    const session = await requireSession(request, services);
    const filter = eventFilter(request.query);
    if (!services.events.exists) throw new PortalError(404, "no_event_bus", "This guild has no event bus.");
    const audiences = audiencesOf(session.sub, services.admins.has(session.sub));
    const after = readCursor(request.headers["last-event-id"]);
    return streamEvents(reply, session, services, { audiences, filter, after });
  });
}

/** Whose events a person reads. Nothing that they ask for adds to it. */
export function audiencesOf(handle: string, admin: boolean): Audience[] {
  const own = audienceSchema.safeParse(personal(handle));
  return ["guild", ...(admin ? (["admins"] as const) : []), ...(own.success ? [own.data] : [])];
}
