import type { Audience, GuildEvent } from "../../../events/index.ts";

/** An event with its number in its audience's stream, and when it was kept, by the bus's own clock. */
export type SeenEvent = GuildEvent & { readonly sequence: number; readonly keptAt: string };

/** The guild's event bus. Implementations: the real one (`watch/`), and memory for tests. */
export interface EventBus {
  /** Whether it answers. */
  readonly connected: boolean;
  /** Calls back whenever it went away or came back. */
  onConnection(listener: () => void): void;
  /** Tells what an audience may read until the signal: the newest that is kept, then each as it is said, however often the bus is away meanwhile. */
  follow(audience: Audience, reader: EventReader, signal: AbortSignal): void;
}

export interface EventReader {
  /** How much of what is kept it wants. */
  readonly newest: number;
  said(event: SeenEvent): void;
  /** What is kept was told, or the bus has nothing to read for this audience. */
  caughtUp(): void;
  /** The bus began anew, for instance from a backup: numbers that were told stand for others now. */
  startOver(): void;
}

/** What of an audience is at hand while somebody reads it. */
const MOST_EVENTS = 500,
  MOST_CHARACTERS = 1024 * 1024;
/** A program may say something of any size. */
const LONGEST = 32 * 1024;

/** An event, and as it goes over the wire: written once for all who read it. */
export interface Kept {
  readonly event: SeenEvent;
  readonly text: string;
}

/** What one person reads. */
export interface Reading {
  /** Resolved once what is kept is at hand. */
  readonly ready: Promise<unknown>;
  /** What is at hand of an audience, oldest first. */
  kept(audience: Audience): readonly Kept[];
  stop(): void;
}

/** Events of the guild for any number of people who read them: each audience is followed once, while somebody reads it. */
export class EventFeed {
  readonly #bus: EventBus | undefined;
  readonly #channels = new Map<Audience, Channel>();
  readonly #connection = new Set<() => void>();

  /** @param bus undefined where the guild has none */
  constructor(bus: EventBus | undefined) {
    this.#bus = bus;
    bus?.onConnection(() => {
      for (const listener of this.#connection) listener();
    });
  }

  get exists(): boolean {
    return this.#bus !== undefined;
  }

  get connected(): boolean {
    return this.#bus?.connected === true;
  }

  /** How many audiences are followed. */
  get size(): number {
    return this.#channels.size;
  }

  /** @returns what ends it */
  onConnection(listener: () => void): () => void {
    this.#connection.add(listener);
    return () => void this.#connection.delete(listener);
  }

  /** @param said called with each event of these audiences that comes from now on, those included that come before it is ready */
  read(audiences: readonly Audience[], said: (kept: Kept) => void): Reading {
    const channels = new Map(audiences.map((audience) => [audience, this.#open(audience)]));
    for (const channel of channels.values()) channel.listeners.add(said);
    return {
      ready: Promise.all([...channels.values()].map((channel) => channel.ready)),
      kept: (audience) => channels.get(audience)?.kept ?? [],
      stop: () => {
        for (const [audience, channel] of channels) {
          channel.listeners.delete(said);
          if (channel.listeners.size > 0) continue;
          channel.stop();
          if (this.#channels.get(audience) === channel) this.#channels.delete(audience);
        }
      },
    };
  }

  #open(audience: Audience): Channel {
    const channel = this.#channels.get(audience) ?? new Channel();
    if (!this.#channels.has(audience)) {
      this.#channels.set(audience, channel);
      this.#bus?.follow(audience, channel, channel.signal);
    }
    return channel;
  }
}

/** What is at hand of one audience. */
class Channel implements EventReader {
  readonly newest = MOST_EVENTS;
  readonly listeners = new Set<(kept: Kept) => void>();
  readonly ready: Promise<void>;
  readonly #stopping = new AbortController();
  #kept: Kept[] = [];
  #characters = 0;
  #resolve: () => void = () => undefined;

  constructor() {
    this.ready = new Promise((resolve) => (this.#resolve = resolve));
  }

  get kept(): readonly Kept[] {
    return this.#kept;
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  said(event: SeenEvent): void {
    if (this.signal.aborted) return;
    const kept = keptOf(event);
    this.#kept.push(kept);
    this.#characters += kept.text.length;
    while (this.#kept.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS)
      this.#characters -= this.#kept.shift()?.text.length ?? this.#characters;
    for (const listener of this.listeners) listener(kept);
  }

  caughtUp(): void {
    this.#resolve();
  }

  startOver(): void {
    this.#kept = [];
    this.#characters = 0;
  }

  stop(): void {
    this.#stopping.abort();
  }
}

function keptOf(event: SeenEvent): Kept {
  const text = JSON.stringify(event);
  if (text.length <= LONGEST) return { event, text };
  const short: SeenEvent = {
    ...event,
    known: false,
    why: `it is longer than what is shown here: ${Math.ceil(text.length / 1024)} KiB`,
    data: null,
  };
  return { event: short, text: JSON.stringify(short) };
}

/** For a portal without a bus. */
export class MemoryEventBus implements EventBus {
  #connected = true;
  readonly #listeners: (() => void)[] = [];
  readonly #readers = new Map<Audience, Set<EventReader>>();
  readonly #said = new Map<Audience, SeenEvent[]>();
  /** Readers that wait for it. */
  #waiting: (() => void)[] = [];

  get connected(): boolean {
    return this.#connected;
  }

  onConnection(listener: () => void): void {
    this.#listeners.push(listener);
  }

  follow(audience: Audience, reader: EventReader, signal: AbortSignal): void {
    const begin = (): void => {
      if (signal.aborted) return;
      for (const event of (this.#said.get(audience) ?? []).slice(-reader.newest)) reader.said(event);
      const readers = this.#readers.get(audience) ?? new Set();
      this.#readers.set(audience, readers.add(reader));
      signal.addEventListener("abort", () => void readers.delete(reader));
      reader.caughtUp();
    };
    if (this.#connected) begin();
    else this.#waiting.push(begin);
  }

  /** How often an audience is followed. */
  followed(audience: Audience): number {
    return this.#readers.get(audience)?.size ?? 0;
  }

  /** @returns the event's number */
  say(event: GuildEvent, keptAt = event.time): number {
    const all = this.#said.get(event.audience) ?? [];
    this.#said.set(event.audience, all);
    const sequence = (all.at(-1)?.sequence ?? 0) + 1,
      seen: SeenEvent = { ...event, sequence, keptAt };
    all.push(seen);
    for (const reader of this.#readers.get(event.audience) ?? []) reader.said(seen);
    return sequence;
  }

  setConnected(connected: boolean): void {
    this.#connected = connected;
    for (const begin of connected ? this.#waiting.splice(0) : []) begin();
    for (const listener of this.#listeners) listener();
  }

  /** As after a backup from before anything was said. */
  beginAnew(): void {
    this.#said.clear();
    for (const readers of this.#readers.values()) for (const reader of readers) reader.startOver();
  }
}
