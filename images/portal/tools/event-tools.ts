import { z } from "zod";
import { personal, type Audience } from "../../../events/index.ts";
import { cursorText, readCursor } from "../api/event-cursor.ts";
import { isWanted, type EventFilter } from "../api/event-filter.ts";
import { audiencesOf } from "../api/event-routes.ts";
import type { SeenEvent } from "../guild/event-feed.ts";
import type { WorkspaceEventBus, WorkspaceEvents } from "../guild/workspace-events.ts";
import { ToolError, type Asking } from "./asking.ts";
import type { Toolbox } from "./toolbox.ts";

/** How far back it is looked. */
const LOOKED_BACK = 500;
/** Less than Codex is told to wait (`tool_timeout_sec`). */
export const LONGEST_WAIT = 300;
const LONGEST_EVENT = 4_000;

const chosen = {
  type: z
    .string()
    .max(100)
    .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/)
    .optional()
    .describe('A type or its first words: "git", "git.patch".'),
  source: z
    .string()
    .regex(/^[a-z0-9-]{1,80}$/)
    .optional()
    .describe('Who says it: "ws-<workspace>", "up", "portal".'),
};

/** What happens in the guild, read and said with the workspace's own credentials: the bus itself knows what it may. */
export function addEventTools(
  toolbox: Toolbox,
  asking: Asking,
  bus: WorkspaceEventBus,
  admins: ReadonlySet<string>,
): void {
  const { owner } = asking.workspace;
  const audiences = audiencesOf(owner, admins.has(owner));

  toolbox.add("events_recent", {
    description: "What happened of late in the guild, oldest first, and a cursor to wait from.",
    input: {
      ...chosen,
      since: z.iso.datetime({ offset: true }).optional(),
      newest: z.int().min(1).max(100).default(20),
    },
    answer: (filter) =>
      asWorkspace(bus, asking, async (events) => {
        const all = await Promise.all(audiences.map((audience) => lately(events, audience, filter)));
        const found = all
          .flatMap(({ said }) => said)
          .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
          .slice(-filter.newest);
        const cursor = new Map(all.map(({ audience, last }) => [audience, last]));
        return { events: found, cursor: cursorText(cursor) };
      }),
  });

  toolbox.add("events_wait", {
    description: "Waits for the next event; after a cursor none is missed. In time there may be none.",
    input: {
      ...chosen,
      seconds: z.int().min(1).max(LONGEST_WAIT).default(60),
      cursor: z.string().max(200).optional(),
    },
    answer: ({ seconds, cursor, ...filter }) =>
      asWorkspace(bus, asking, async (events) => {
        const place = await placeOf(events, audiences, cursor);
        const wanted = (event: SeenEvent): boolean => isWanted({ ...filter, newest: 1 }, event);
        const found = await next(events, place, wanted, { seconds, gone: asking.gone });
        return { events: found.map(inShort), cursor: cursorText(place) };
      }),
  });

  toolbox.add("events_say", {
    description: "Says what an agent does, to the guild or to the person alone.",
    input: {
      what: z.enum(["started", "said", "finished", "failed"]),
      text: z.string().min(1).max(4096),
      to: z.enum(["guild", "person"]).default("person"),
      agent: z.string().min(1).max(100).default("codex"),
      task: z.string().min(1).max(128).optional(),
    },
    changes: true,
    answer: ({ what, text, to, agent, task }) =>
      asWorkspace(bus, asking, async (events) => {
        const audience: Audience = to === "guild" ? "guild" : personal(owner);
        const who = { agent, ...(task !== undefined && { task }) };
        if (what === "started") await events.say(audience, "agent.started", { ...who, about: text });
        else if (what === "said") await events.say(audience, "agent.said", { ...who, text });
        else if (what === "finished") await events.say(audience, "agent.finished", { ...who, summary: text });
        else await events.say(audience, "agent.failed", { ...who, reason: text });
        return { said: `agent.${what}`, to: audience };
      }),
  });
}

/** Signs in for one question. Why the bus refuses somebody is theirs to know in no more words than these. */
async function asWorkspace<Answer>(
  bus: WorkspaceEventBus,
  { credentials }: Asking,
  ask: (events: WorkspaceEvents) => Promise<Answer>,
): Promise<Answer> {
  if (credentials === undefined)
    throw new ToolError("This workspace brought no credentials for the event bus ($GUILDNET_EVENTS_CREDENTIALS).");
  const events = await bus.signIn(credentials).catch((cause: unknown) => {
    throw new ToolError(
      "The event bus is away, or doesn't know these credentials; after they were made anew the workspace has to be started anew.",
      { cause },
    );
  });
  try {
    return await ask(events);
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    throw new ToolError("The event bus does not do this: it is away, or this workspace may not.", { cause });
  } finally {
    await events.close();
  }
}

/** Held is no more than is answered, and in short: what is kept may be as large as the bus takes it, for all who ask at once. */
async function lately(events: WorkspaceEvents, audience: Audience, filter: EventFilter) {
  let last = await events.newest(audience);
  const said: ReturnType<typeof inShort>[] = [];
  for await (const event of events.kept(audience, Math.max(0, last - LOOKED_BACK))) {
    last = Math.max(last, event.sequence);
    if (!isWanted(filter, event)) continue;
    said.push(inShort(event));
    if (said.length > filter.newest) said.shift();
  }
  return { audience, said, last };
}

/** Where to go on: after the cursor, and where it says nothing of an audience, from now on. */
async function placeOf(
  events: WorkspaceEvents,
  audiences: readonly Audience[],
  text: string | undefined,
): Promise<Map<Audience, number>> {
  const cursor = readCursor(text);
  if (text !== undefined && cursor === undefined)
    throw new ToolError("That is no cursor: take one that events_recent or events_wait gave, or none.");
  return new Map(
    await Promise.all(
      audiences.map(async (audience) => {
        const newest = await events.newest(audience),
          after = cursor?.get(audience) ?? newest;
        // A bus that began anew counts from the beginning: all of it is new then.
        return [audience, after > newest ? 0 : after] as const;
      }),
    ),
  );
}

/** The first that is wanted, or none in time; `place` is moved on to where it was read. */
async function next(
  events: WorkspaceEvents,
  place: Map<Audience, number>,
  wanted: (event: SeenEvent) => boolean,
  { seconds, gone }: { seconds: number; gone: AbortSignal },
): Promise<SeenEvent[]> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), seconds * 1000);
  const signal = AbortSignal.any([over.signal, gone]);
  const found: SeenEvent[] = [];
  try {
    await Promise.all(
      [...place].map(async ([audience, after]) => {
        for await (const event of events.follow(audience, after, signal)) {
          // One that another audience's came before is told by the next question.
          if (signal.aborted) return;
          place.set(audience, event.sequence);
          if (!wanted(event)) continue;
          found.push(event);
          over.abort();
          return;
        }
      }),
    );
  } finally {
    clearTimeout(timer);
    over.abort();
  }
  return found;
}

function inShort({ keptAt, type, source, audience, data }: SeenEvent) {
  const text = JSON.stringify(data) ?? "null";
  return {
    at: keptAt,
    type,
    source,
    for: audience,
    data: text.length <= LONGEST_EVENT ? data : `${text.slice(0, LONGEST_EVENT)}…`,
  };
}
