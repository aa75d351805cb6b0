import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError } from "../errors.ts";

/** Runs the `headscale` program with these arguments beside its server, and returns what it prints. */
export type Headscale = (...args: string[]) => Promise<string>;

/** A key as its server lists it: the key itself is shown but once, when it is made. */
export interface ListedApiKey {
  readonly prefix: string;
  readonly expiration: Date;
}

export interface ApiKey extends ListedApiKey {
  readonly key: string;
}

/** Protocol buffers as Go's `encoding/json` writes them: the program does not use the gateway's form. */
const timestamp = z.object({ seconds: z.number().default(0) });
const listed = z.array(z.object({ prefix: z.string(), expiration: timestamp })).nullable();
const created = z.string().regex(/^[^.]+\.[^.]+$/);

/** All API keys of the server, expired ones too. */
export async function listApiKeys(headscale: Headscale): Promise<ListedApiKey[]> {
  const keys = read(listed, await headscale("apikeys", "list", "--output", "json"), "apikeys list") ?? [];
  return keys.map(({ prefix, expiration }) => ({ prefix, expiration: new Date(expiration.seconds * 1000) }));
}

/** Waits that many milliseconds for a server whose pod runs already, but which does not listen to its own program yet. */
export async function whenListening(headscale: Headscale, milliseconds: number): Promise<Headscale> {
  await pRetry(() => listApiKeys(headscale), {
    retries: Infinity,
    maxRetryTime: milliseconds,
    minTimeout: 500,
    factor: 1,
    shouldRetry: ({ error }) => error instanceof ActionableError && error.code === "command-failed",
  });
  return headscale;
}

/** Makes a key that ends after that many days. */
export async function createApiKey(headscale: Headscale, days: number): Promise<ApiKey> {
  const key = read(
    created,
    await headscale("apikeys", "create", "--expiration", `${days * 24}h`, "--output", "json"),
    "apikeys create",
  );
  const made = (await listApiKeys(headscale)).find(({ prefix }) => key.startsWith(`${prefix}.`));
  if (made === undefined)
    throw new ActionableError("headscale-unintelligible", "headscale made an API key and then did not list it");
  return { ...made, key };
}

/** Ends a key; nothing where there is none, or it has ended. */
export async function expireApiKey(headscale: Headscale, prefix: string): Promise<void> {
  const key = (await listApiKeys(headscale)).find((one) => one.prefix === prefix);
  if (key === undefined || key.expiration.getTime() <= Date.now()) return;
  await headscale("apikeys", "expire", "--prefix", prefix, "--output", "json");
}

/** The output may be a key, so no message shows it. */
function read<T>(schema: z.ZodType<T>, output: string, command: string): T {
  try {
    return schema.parse(JSON.parse(output));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw new ActionableError(
      "headscale-unintelligible",
      `"headscale ${command}" printed ${output.length} characters that are not what version 0.27 prints`,
    );
  }
}
