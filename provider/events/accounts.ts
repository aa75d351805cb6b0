import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import type { AccountInputs } from "../resources/event-account.ts";
import { GUILD_ACCOUNT, isAccount, isPresent, isTrusted, signAccount, signForgetting } from "./claims.ts";
import { withBus } from "./connection.ts";
export { NothingThere } from "./connection.ts";
import { patience, type EventServer } from "./server.ts";

/** Has a server know an account as it is wanted. @throws as `withBus` */
export async function tellAccount(inputs: AccountInputs): Promise<void> {
  const { server, credentials, operatorSeed, account, name, imports } = inputs;
  const jwt = await signAccount(operatorSeed, account, name, imports);
  await withBus(server, credentials, patience, (connection) => told(connection, "$SYS.REQ.CLAIMS.UPDATE", jwt));
}

/** Who may say on somebody else's bus who is who: by a key of its operator, and by its system account. */
interface Authority {
  readonly server: EventServer;
  readonly credentials: string;
  readonly operatorSeed: string;
}

/** Has a server know the account that keeps everything. @throws as `withBus` */
export async function tellGuild({ server, credentials }: Authority, guildJwt: string): Promise<void> {
  await withBus(server, credentials, patience, async (connection) => {
    const { data } = varz.parse(JSON.parse(await ask(connection, "$SYS.REQ.SERVER.PING.VARZ", "")));
    // It keeps what it is told by anybody, and then lets nobody in by it.
    if (!isTrusted(guildJwt, data.trusted_operators_jwt))
      throw new ActionableError(
        "events-refused",
        `the event bus ${server.url} trusts another operator than the one whose key signs here`,
      );
    await told(connection, "$SYS.REQ.CLAIMS.UPDATE", guildJwt);
  });
}

/** Of what a server tells of itself. https://docs.nats.io/running-a-nats-service/nats_admin/monitoring#general-information-varz */
const varz = z.object({ data: z.object({ trusted_operators_jwt: z.array(z.string()).default([]) }) });

/** What of that account a server knows otherwise. @throws as `withBus` */
export async function guildAccountDrift(
  { server, credentials }: Authority,
  guildJwt: string,
  milliseconds: number,
): Promise<string | undefined> {
  if (!isPresent(guildJwt)) return "the guild's account offers other things by now";
  const jwt = await lookUp(server, credentials, GUILD_ACCOUNT, milliseconds);
  if (jwt === "") return "the event bus does not know the guild's account";
  return jwt === guildJwt ? undefined : "the event bus knows the guild's account otherwise";
}

/** Has a server forget it. @throws as `withBus` */
export function forgetGuild({ server, credentials, operatorSeed }: Authority): Promise<void> {
  return forget(server, credentials, operatorSeed, { account: GUILD_ACCOUNT, name: "the guild" });
}

/** What of an account the server knows otherwise. @throws as `withBus` */
export async function accountDrift(inputs: AccountInputs, milliseconds: number): Promise<string | undefined> {
  const { server, credentials, operatorSeed, account, name, imports } = inputs;
  const jwt = await lookUp(server, credentials, account, milliseconds);
  if (jwt === "") return "the event bus does not know it";
  return isAccount(jwt, operatorSeed, name, imports) ? undefined : "the event bus knows it otherwise";
}

/** Has a server forget an account: its connections end, and it is not let in again. @throws as `withBus` */
export async function forgetAccount(inputs: AccountInputs): Promise<void> {
  const { server, credentials, operatorSeed } = inputs;
  await forget(server, credentials, operatorSeed, inputs);
}

function lookUp(server: EventServer, credentials: string, account: string, milliseconds: number): Promise<string> {
  return withBus(server, credentials, milliseconds, (connection) =>
    ask(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, ""),
  );
}

async function forget(
  server: EventServer,
  credentials: string,
  operatorSeed: string,
  { account, name }: { account: string; name: string },
): Promise<void> {
  const forgetting = await signForgetting(operatorSeed, account),
    servers = server.servers ?? 1;
  await withBus(server, credentials, patience, async (connection) => {
    const answers = await connection.requestMany("$SYS.REQ.CLAIMS.DELETE", forgetting, {
      strategy: "count",
      maxMessages: servers,
      maxWait: ANSWER,
    });
    let forgot = 0;
    for await (const each of answers) {
      accepted(each.string());
      forgot++;
    }
    if (forgot < servers)
      throw new Unreachable(
        "events-unreachable",
        `of the event bus ${server.url}, ${forgot} of ${servers} servers answer, and all of them have to forget ${name}`,
      );
  });
}

/** Milliseconds. */
const ANSWER = 5000;

const answer = z.object({ error: z.object({ description: z.string() }).optional() });

/** @throws ActionableError `events-refused` */
async function told(connection: NatsConnection, subject: string, payload: string): Promise<void> {
  accepted(await ask(connection, subject, payload));
}

/** @throws ActionableError `events-refused` */
function accepted(words: string): void {
  const { error } = answer.parse(JSON.parse(words));
  if (error !== undefined)
    throw new ActionableError("events-refused", `the event bus refuses an account: ${error.description}`);
}

async function ask(connection: NatsConnection, subject: string, payload: string): Promise<string> {
  return (await connection.request(subject, payload, { timeout: ANSWER })).string();
}
