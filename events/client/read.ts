import { JetStreamError, jetstreamManager } from "@nats-io/jetstream";
import type { StoredMsg } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { eventOf } from "../event.ts";
import type { GuildEvent } from "../event.ts";
import { API_PREFIX, streamOf, subjectsOf } from "../subjects.ts";
import type { Audience } from "../subjects.ts";

/** Where to begin. */
export type From =
  /** After the event of this number: 0 is the first that is kept. Who remembers the last it has seen goes on there. */
  { after: number } | { since: Date };

/** An event, with its number in its audience's stream, in whose order events come, and when that was, RFC 3339 by the bus's own clock. */
export type Numbered = GuildEvent & { sequence: number; keptAt: string };

/** Events asked for at once. */
const BATCH = 256;
/** Milliseconds after which it is asked without a sign that something was said: one may be lost with a connection. */
const IDLE = 20_000;
/** Milliseconds between asking again where there was a sign and nothing is kept yet: it may be there before the event is. */
const AGAIN = [20, 100, 500];

/** @returns the number of the newest event of an audience; 0 where there was none yet */
export async function newestNumber(connection: NatsConnection, audience: Audience): Promise<number> {
  const { streams } = await jetstreamManager(connection, { apiPrefix: API_PREFIX, checkAPI: false });
  return (await streams.info(streamOf(audience))).state.last_seq;
}

/** What an audience may read and is kept, to its end. */
export async function* readKept(connection: NatsConnection, audience: Audience, from: From): AsyncGenerator<Numbered> {
  const { direct } = await jetstreamManager(connection, { apiPrefix: API_PREFIX, checkAPI: false });
  let next: { seq: number } | { start_time: Date } =
    "after" in from ? { seq: from.after + 1 } : { start_time: from.since };
  for (;;) {
    let last: number | undefined;
    try {
      // The server keeps no place for a reader: who reads holds the number.
      for await (const message of await direct.getBatch(streamOf(audience), { ...next, batch: BATCH })) {
        last = message.seq;
        const event = numbered(message);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      // Where there is nothing after it the server says that there is no such event.
      if (codeOf(error) !== 404) throw error;
    }
    if (last === undefined) return;
    next = { seq: last + 1 };
  }
}

/**
 * The same, and then what is said from then on, each once. It goes on after the server was away, and ends when the signal
 * says so or the connection is closed.
 */
export async function* read(
  connection: NatsConnection,
  audience: Audience,
  from: From,
  signal?: AbortSignal,
): AsyncGenerator<Numbered> {
  const bell = new Bell();
  const subscription = connection.subscribe(subjectsOf(audience), { callback: () => bell.ring() });
  const over = () => signal?.aborted === true || connection.isClosed();
  const end = () => bell.ring();
  signal?.addEventListener("abort", end);
  void connection.closed().then(end);
  try {
    let place = from;
    let waits: number[] = [];
    while (!over()) {
      let found = false;
      for await (const event of patiently(readKept(connection, audience, place), over)) {
        found = true;
        place = { after: event.sequence };
        yield event;
        if (over()) return;
      }
      const again = found ? undefined : waits.shift();
      if (await bell.rings(again ?? IDLE)) waits = [...AGAIN];
    }
  } finally {
    signal?.removeEventListener("abort", end);
    subscription.unsubscribe();
  }
}

/** A server that is away is not the end: what is not read by then is still there. */
async function* patiently(events: AsyncGenerator<Numbered>, over: () => boolean): AsyncGenerator<Numbered> {
  try {
    yield* events;
  } catch (error) {
    if (!over() && !isAway(error)) throw error;
  }
}

function isAway(error: unknown): boolean {
  return (
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.ConnectionError ||
    error instanceof errors.ClosedConnectionError ||
    (codeOf(error) ?? 0) >= 500
  );
}

/** Of what the server says instead of an event. */
function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamError && "code" in error ? Number(error.code) : undefined;
}

/** Wakes who waits, also one who comes to wait just after it rang. */
class Bell {
  #rang = false;
  #wake = (): void => {};

  ring(): void {
    this.#rang = true;
    this.#wake();
  }

  /** @returns whether it rang within so many milliseconds */
  async rings(milliseconds: number): Promise<boolean> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const rang = this.#rang;
    this.#rang = false;
    return rang;
  }
}

function numbered(message: StoredMsg): Numbered | undefined {
  const event = eventOf({
    subject: message.subject,
    payload: message.data,
    keptAt: message.timestamp,
    sequence: message.seq,
  });
  return event === undefined ? undefined : { ...event, sequence: message.seq, keptAt: message.timestamp };
}
