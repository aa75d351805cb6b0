import type { EventData, EventType } from "../../events/index.ts";
import { kubectl } from "./guildnet.ts";

/** What the newest event of a type that is for admins carries, as a workspace of one of them reads it. @throws where there is none */
export async function lastForAdmins<Type extends EventType>(
  workspace: string,
  source: string,
  type: Type,
): Promise<EventData<Type>> {
  const question = JSON.stringify({ last_by_subj: `events.admins.${source}.${type}` });
  const nats = ["nats", "req", "api.DIRECT.GET.events-admins", question, "--raw", "--timeout", "10s"];
  const words = await kubectl("exec", "--namespace", `ws-${workspace}`, "deploy/workspace", "--", ...nats);
  return (JSON.parse(words) as { data: EventData<Type> }).data;
}

/** Says something as a workspace, and has it kept. @returns its number */
export async function say(person: string, text: string, id?: string): Promise<number> {
  const header = id === undefined ? [] : ["--header", `Nats-Msg-Id:${id}`];
  const answer = await nats(
    person,
    "req",
    "say.guild.agent.said",
    JSON.stringify({ data: { agent: "test", text } }),
    "--raw",
    ...header,
  );
  return (JSON.parse(answer) as { seq: number }).seq;
}

/** An event as it is kept. */
export interface KeptEvent {
  readonly number: number;
  readonly source: string;
  readonly type: string;
  readonly data: unknown;
}

/** Number of the newest of what everybody may read. */
export async function newestNumber(person: string): Promise<number> {
  const words = await nats(person, "stream", "info", "events-guild");
  return Number(/Last Sequence: ([\d,]+)/.exec(words)?.[1]?.replaceAll(",", ""));
}

/** What everybody may read, from a number on, as a workspace gets it. */
export async function keptEvents(person: string, from: number): Promise<KeptEvent[]> {
  const count = (await newestNumber(person)) - from + 1;
  if (count < 1) return [];
  const these = ["--stream", "events-guild", "--direct", "--start-sequence", String(from), "--count", String(count)];
  const words = await nats(person, "sub", ...these);
  const events: { -readonly [Part in keyof KeptEvent]: KeptEvent[Part] }[] = [];
  for (const [, number, source, type, body] of words.matchAll(
    /Nats-Sequence: (\d+)|subject: events\.guild\.([^.]+)\.(\S+)|^(\{.*\})$/gm,
  )) {
    if (source !== undefined) events.push({ number: 0, source, type: type ?? "", data: undefined });
    const event = events.at(-1);
    if (event !== undefined && number !== undefined) event.number = Number(number);
    if (event !== undefined && body !== undefined) event.data = (JSON.parse(body) as { data: unknown }).data;
  }
  return events;
}

/** The same of what was said with `say`. */
export async function kept(
  person: string,
  from: number,
): Promise<{ number: number; source: string; type: string; text: string }[]> {
  const events = await keptEvents(person, from);
  return events.map(({ data, ...event }) => ({ ...event, text: (data as { text: string }).text }));
}

/** What the command line says that every workspace has for the bus. */
export function nats(person: string, ...args: string[]): Promise<string> {
  return inWorkspace(person, "sh", "-c", 'exec timeout 60 nats "$@" 2>&1', "sh", ...args);
}

export function inWorkspace(person: string, ...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", `ws-${person}`, "deploy/workspace", "--", ...command);
}
