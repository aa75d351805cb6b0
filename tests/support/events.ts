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

/** What everybody may read, from a number on, as a workspace gets it. */
export async function kept(
  person: string,
  from: number,
): Promise<{ number: number; source: string; type: string; text: string }[]> {
  const last = Number(
    /Last Sequence: ([\d,]+)/.exec(await nats(person, "stream", "info", "events-guild"))?.[1]?.replaceAll(",", ""),
  );
  const count = String(last - from + 1);
  const words = await nats(
    person,
    "sub",
    "--stream",
    "events-guild",
    "--direct",
    "--start-sequence",
    String(from),
    "--count",
    count,
  );
  return [...words.matchAll(/Nats-Sequence: (\d+)|subject: events\.guild\.([^.]+)\.(\S+)|^(\{.*\})$/gm)].reduce<
    { number: number; source: string; type: string; text: string }[]
  >((events, [, number, source, type, body]) => {
    if (source !== undefined) events.push({ number: 0, source, type: type ?? "", text: "" });
    const event = events.at(-1);
    if (event !== undefined && number !== undefined) event.number = Number(number);
    if (event !== undefined && body !== undefined)
      event.text = (JSON.parse(body) as { data: { text: string } }).data.text;
    return events;
  }, []);
}

/** What the command line says that every workspace has for the bus. */
export function nats(person: string, ...args: string[]): Promise<string> {
  return inWorkspace(person, "sh", "-c", 'exec timeout 60 nats "$@" 2>&1', "sh", ...args);
}

export function inWorkspace(person: string, ...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", `ws-${person}`, "deploy/workspace", "--", ...command);
}
