import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import type { AccountInputs } from "../resources/event-account.ts";
import { isAccount, signAccount, signForgetting } from "./claims.ts";
import { withBus } from "./connection.ts";
export { NothingThere } from "./connection.ts";
import { patience } from "./server.ts";

/** Has a server know an account as it is wanted. @throws as `withBus` */
export async function tellAccount(inputs: AccountInputs): Promise<void> {
  const { server, credentials, operatorSeed, account, name, imports } = inputs;
  const jwt = await signAccount(operatorSeed, account, name, imports);
  await withBus(server, credentials, patience, (connection) => told(connection, "$SYS.REQ.CLAIMS.UPDATE", jwt));
}

/** What of an account the server knows otherwise. @throws as `withBus` */
export async function accountDrift(inputs: AccountInputs, milliseconds: number): Promise<string | undefined> {
  const { server, credentials, operatorSeed, account, name, imports } = inputs;
  const jwt = await withBus(server, credentials, milliseconds, (connection) =>
    ask(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, ""),
  );
  if (jwt === "") return "the event bus does not know it";
  return isAccount(jwt, operatorSeed, name, imports) ? undefined : "the event bus knows it otherwise";
}

/** Has a server forget an account: its connections end, and it is not let in again. @throws as `withBus` */
export async function forgetAccount(inputs: AccountInputs): Promise<void> {
  const { server, credentials, operatorSeed, account } = inputs;
  const forget = await signForgetting(operatorSeed, account),
    servers = server.servers ?? 1;
  await withBus(server, credentials, patience, async (connection) => {
    const answers = await connection.requestMany("$SYS.REQ.CLAIMS.DELETE", forget, {
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
        `of the event bus ${server.url}, ${forgot} of ${servers} servers answer, and all of them have to forget ${inputs.name}`,
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
