import { z } from "zod";
import { addressOf } from "./subjects.ts";
import type { Address } from "./subjects.ts";
import { eventKinds, isEventType } from "./types.ts";
import type { EventData, EventType } from "./types.ts";

/**
 * What is sent: what of an event the bus can't know. Who says it, of what type it is and for whom stand in the subject,
 * which the server has checked; here they could be anything.
 */
const messageSchema = z.object({
  id: z.string().min(1).max(128).optional(),
  time: z.iso.datetime({ offset: true }).optional(),
  version: z.int().min(1).default(1),
  data: z.unknown(),
});

/** What every event has, under CloudEvents' names (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) and two of ours. */
export interface Attributes extends Address {
  specversion: "1.0";
  /** Of one source no two have the same. */
  id: string;
  /** RFC 3339: when it was said, as whoever said it has it. */
  time: string;
  version: number;
}

/** An event of a type and version that this program knows. */
export type KnownEvent = {
  [Type in EventType]: Attributes & { known: true; type: Type; data: EventData<Type> };
}[EventType];

/** An event that this program can't read: passed on, as one that is newer or broken must not stop those after it. */
export interface UnknownEvent extends Attributes {
  known: false;
  /** Why not. */
  why: string;
  /** What was sent, as far as it is JSON; its text otherwise. */
  data: unknown;
}

export type GuildEvent = KnownEvent | UnknownEvent;

/** What arrived, and what the bus itself knows of it. */
export interface Arrived {
  subject: string;
  payload: Uint8Array | string;
  /** RFC 3339: when it was kept. */
  keptAt: string;
  /** Its number in the stream, from 1. */
  sequence: number;
}

/** An event as it is sent. @throws z.ZodError where it is not what its type says */
export function messageOf<Type extends EventType>(
  type: Type,
  data: EventData<Type>,
  { id, time }: { id: string; time: string },
): string {
  const { version, data: schema } = eventKinds[type];
  return JSON.stringify({ id, time, version, data: schema.parse(data) });
}

/** What arrived as an event, whatever it is. @returns undefined where it came by no event's subject */
export function eventOf({ subject, payload, keptAt, sequence }: Arrived): GuildEvent | undefined {
  const address = addressOf(subject);
  if (address === undefined) return undefined;
  const body = jsonOf(payload),
    message = messageSchema.safeParse(body);
  const attributes: Attributes = {
    specversion: "1.0",
    ...address,
    id: message.data?.id ?? String(sequence),
    time: message.data?.time ?? keptAt,
    version: message.data?.version ?? 1,
  };
  if (!message.success) return unknown(attributes, `it is no event: ${wordsOf(message.error)}`, body);
  const { type } = address,
    { version, data } = message.data;
  if (!isEventType(type)) return unknown(attributes, `no type "${type}" is known here`, data);
  const kind = eventKinds[type];
  if (version !== kind.version)
    return unknown(
      attributes,
      `${type} is known here in version ${kind.version}, and this is version ${version}`,
      data,
    );
  const parsed = kind.data.safeParse(data);
  if (!parsed.success) return unknown(attributes, `it is no ${type}: ${wordsOf(parsed.error)}`, data);
  // Of one type, which the compiler can't follow through the table.
  return { ...attributes, known: true, data: parsed.data } as KnownEvent;
}

function unknown(attributes: Attributes, why: string, data: unknown): UnknownEvent {
  return { ...attributes, known: false, why, data };
}

function jsonOf(payload: Uint8Array | string): unknown {
  const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function wordsOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "it is otherwise" : [issue.path.join("."), issue.message].filter(Boolean).join(": ");
}
