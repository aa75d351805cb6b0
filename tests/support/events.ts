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
