import type { Audience, GuildEvent, Source } from "../../../events/index.ts";
import type { LiveEvents } from "../api/types.ts";
import type { Harness } from "./harness.ts";

/** Something that an agent said. */
export function saidEvent(
  text: string,
  { audience = "guild", source = "ws-alice" }: { audience?: Audience; source?: Source } = {},
): GuildEvent {
  return {
    specversion: "1.0",
    audience,
    source,
    type: "agent.said",
    id: text,
    time: new Date().toISOString(),
    version: 1,
    known: true,
    data: { agent: "codex", text },
  };
}

/** One of `LiveEvents`, as a page gets it. */
export interface Received<K extends keyof LiveEvents = keyof LiveEvents> {
  readonly event: K;
  readonly id: string | undefined;
  readonly data: LiveEvents[K];
}

/** A page that is open on the events. */
export interface OpenPage {
  readonly received: readonly Received[];
  /** What agents said, in the order in which it came. */
  readonly texts: readonly string[];
  /** Settled once the portal ends it. */
  readonly ended: Promise<void>;
  close(): void;
}

export async function openEvents(
  guild: Harness,
  cookie: string,
  { query = "", lastEventId }: { query?: string; lastEventId?: string } = {},
): Promise<OpenPage> {
  const headers = { cookie, ...(lastEventId !== undefined && { "last-event-id": lastEventId }) };
  const stream = await guild.open(`/api/events${query}`, { headers });
  const received: Received[] = [];
  let text = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    const parts = (text += part).split("\n\n");
    text = parts.pop() ?? "";
    received.push(...parts.filter((each) => !each.startsWith(":")).map(parse));
  });
  return {
    received,
    get texts() {
      return received.flatMap(({ event, data }) =>
        event === "said" ? [((data as LiveEvents["said"]).data as { text: string } | null)?.text ?? "-"] : [],
      );
    },
    ended: new Promise((resolve) => stream.once("close", resolve)),
    close: () => void stream.destroy(),
  };
}

function parse(text: string): Received {
  const fields = new Map(text.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  return {
    event: fields.get("event") as keyof LiveEvents,
    id: fields.get("id"),
    data: JSON.parse(fields.get("data") ?? "null") as LiveEvents[keyof LiveEvents],
  };
}
