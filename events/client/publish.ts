import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { randomUUID } from "node:crypto";
import { messageOf } from "../event.ts";
import { saidSubject } from "../subjects.ts";
import type { Audience } from "../subjects.ts";
import type { EventData, EventType } from "../types.ts";

export interface PublishOptions {
  /**
   * The same for the same event: said again within the stream's window, after an answer that was lost, it is kept once.
   * Not to be guessed by others, who could say it first: random, or made with a secret. @default a new one
   */
  id?: string;
  /** Milliseconds to wait for the answer that it is kept. @default 5000 */
  timeout?: number;
}

/**
 * Says something. When this ends the bus has it on its disk.
 *
 * @throws z.ZodError where it is not what its type says; the client's errors where the bus doesn't take it.
 */
export async function publish<Type extends EventType>(
  connection: NatsConnection,
  audience: Audience,
  type: Type,
  data: EventData<Type>,
  { id = randomUUID(), timeout = 5000 }: PublishOptions = {},
): Promise<{ id: string; sequence: number; duplicate: boolean }> {
  const message = messageOf(type, data, { id, time: new Date().toISOString() });
  const { seq, duplicate } = await jetstream(connection).publish(saidSubject(audience, type), message, {
    msgID: id,
    timeout,
  });
  return { id, sequence: seq, duplicate };
}
