import { setTimeout as delay } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { connectFrom, newestNumber, publish, read, readKept } from "../../../events/client/index.ts";
import type { Audience, EventData, EventType } from "../../../events/index.ts";
import type { EventBus, EventReader } from "../guild/event-feed.ts";

export interface NatsEventBusOptions {
  /** Where the files are that `connectFrom` reads. */
  readonly directory: string;
  readonly warn: (message: string, error?: Error) => void;
  /** Milliseconds between two tries. @default 2000 */
  readonly retryMs?: number;
}

/** The guild's event bus, over one connection that is made again without an end: whoever reads waits for it, and nothing else does. */
export class NatsEventBus implements EventBus {
  readonly #options: Required<NatsEventBusOptions>;
  readonly #listeners: (() => void)[] = [];
  readonly #stopping = new AbortController();
  #connection: NatsConnection | undefined;
  /** Ended by every change of the connection. */
  #round = new AbortController();

  constructor({ retryMs = 2000, ...options }: NatsEventBusOptions) {
    this.#options = { retryMs, ...options };
    void this.#stayConnected();
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  onConnection(listener: () => void): void {
    this.#listeners.push(listener);
  }

  follow(audience: Audience, reader: EventReader, signal: AbortSignal): void {
    void this.#follow(audience, reader, AbortSignal.any([signal, this.#stopping.signal]));
  }

  /** Says something as the portal, and ends when it is kept. @throws where the bus is away, or doesn't take it */
  async say<Type extends EventType>(audience: Audience, type: Type, data: EventData<Type>, id: string): Promise<void> {
    if (this.#connection === undefined) throw new Error("the event bus is away");
    await publish(this.#connection, audience, type, data, { id });
  }

  stop(): void {
    this.#stopping.abort();
    this.#round.abort();
  }

  async #stayConnected(): Promise<void> {
    const { directory, warn, retryMs } = this.#options;
    let told = false;
    while (!this.#stopping.signal.aborted) {
      try {
        const { connection } = await connectFrom(directory, { reconnectTimeWait: retryMs, pingInterval: 20_000 });
        told = false;
        await this.#stayWith(connection);
      } catch (error) {
        if (!told) warn("the event bus does not answer, and is tried again", plain(error));
        told = true;
      }
      this.#set(undefined);
      await this.#rest(this.#stopping.signal);
    }
  }

  async #stayWith(connection: NatsConnection): Promise<void> {
    const end = (): void => void connection.close();
    this.#stopping.signal.addEventListener("abort", end);
    try {
      if (this.#stopping.signal.aborted) return;
      this.#set(connection);
      for await (const { type } of connection.status()) {
        if (type === "disconnect") this.#set(undefined);
        if (type === "reconnect") this.#set(connection);
      }
      const error = await connection.closed();
      if (error) throw error;
    } finally {
      this.#stopping.signal.removeEventListener("abort", end);
      await connection.close();
    }
  }

  #set(connection: NatsConnection | undefined): void {
    const changed = this.connected !== (connection !== undefined);
    this.#connection = connection;
    this.#round.abort();
    this.#round = new AbortController();
    if (changed) for (const listener of this.#listeners) listener();
  }

  /** Each connection is a round: the bus may have come back with less than it had. */
  async #follow(audience: Audience, reader: EventReader, signal: AbortSignal): Promise<void> {
    let seen: number | undefined,
      told = false;
    while (!signal.aborted) {
      const connection = this.#connection,
        round = AbortSignal.any([signal, this.#round.signal]);
      if (connection === undefined) {
        await aborted(round);
        continue;
      }
      try {
        const last = await newestNumber(connection, audience);
        if (seen === undefined || last < seen) {
          if (seen !== undefined) reader.startOver();
          seen = Math.max(0, last - reader.newest);
        }
        for await (const event of readKept(connection, audience, { after: seen })) {
          if (signal.aborted) return;
          reader.said(event);
          seen = event.sequence;
        }
        reader.caughtUp();
        told = false;
        for await (const event of read(connection, audience, { after: seen }, round)) {
          if (signal.aborted) return;
          reader.said(event);
          seen = event.sequence;
        }
      } catch (error) {
        if (round.aborted) continue;
        // Somebody whom the bus doesn't know yet has nothing there; that must not keep the rest from them.
        reader.caughtUp();
        if (!told) this.#options.warn(`what is said for ${audience} can't be read, and is tried again`, plain(error));
        told = true;
        await this.#rest(round);
      }
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    await delay(this.#options.retryMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function plain(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
