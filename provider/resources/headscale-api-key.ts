import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Waiting } from "../cluster/ready-pod.ts";
import { Unreachable } from "../errors.ts";
import { HeadscaleApi } from "../headscale/api.ts";
import {
  createApiKey,
  expireApiKey,
  listApiKeys,
  whenListening,
  type Headscale,
  type ListedApiKey,
} from "../headscale/commands.ts";
import { littlePatience, patience, Refusal, serverSchema } from "../headscale/connection.ts";

import type { Progress } from "../node/toolchain.ts";
import { define } from "./resource.ts";

const day = 24 * 60 * 60 * 1000;
/** Milliseconds for a pod to become ready: its image may still be on its way. */
const untilReady = 3 * 60 * 1000;
/** Milliseconds a question to the API waits: there is another way to ask. */
const shortPatience = 1000;

const schema = z
  .object({
    kubeconfig: z.string().min(1),
    context: z.string().optional(),
    namespace: z.string().min(1),
    labelSelector: z.string().min(1),
    container: z.string().min(1),
    api: serverSchema.omit({ apiKey: true }).optional(),
    expirationDays: z.number().int().min(1).max(3650),
    renewBeforeDays: z.number().int().min(0),
  })
  .refine(({ expirationDays, renewBeforeDays }) => renewBeforeDays < expirationDays, {
    path: ["renewBeforeDays"],
    error: "must be less than expirationDays: each `up` would make a new key",
  });
type Inputs = z.infer<typeof schema>;

const secrets = ["key", "kubeconfig"];

export const headscaleApiKey = define({
  schema,
  replaceOn: ["expirationDays"],
  // What is deleted or changed in the same run still speaks to the server with the old key.
  replaceOnDrift: ["key"],
  async create(inputs, progress) {
    const headscale = await whenListening(await program(inputs, { ready: untilReady }, progress), patience);
    const { key, prefix, expiration } = await createApiKey(headscale, inputs.expirationDays);
    return { id: randomUUID(), outputs: { key, prefix, expiration: expiration.toISOString() }, secrets };
  },
  async update(_inputs, _progress, { id, key, prefix, expiration }) {
    return { id: String(id), outputs: { key, prefix, expiration }, secrets };
  },
  async drift(inputs, state) {
    if (isDue(inputs, new Date(String(state.expiration)))) return `its end is ${String(state.expiration)}`;
    const key = (await knownKeys(inputs, String(state.key))).find(({ prefix }) => prefix === state.prefix);
    if (key === undefined) return "the server does not know it";
    return isDue(inputs, key.expiration) ? `its end is ${key.expiration.toISOString()}` : undefined;
  },
  async delete(inputs, progress, state) {
    const { NoPod } = await import("../cluster/ready-pod.ts");
    try {
      await expireApiKey(
        await program(inputs, { ready: patience, there: littlePatience }, progress),
        String(state.prefix),
      );
    } catch (error) {
      if (!(error instanceof NoPod)) throw error;
      progress(`the server is gone, and its API key ${String(state.prefix)} with it`);
    }
  },
});

/**
 * The server's keys, by its API where the key still opens that: it takes a fraction of the time that a command in a
 * pod does. A server that refuses the key does not say why, and one that is not reached from here may well run.
 */
async function knownKeys(inputs: Inputs, apiKey: string): Promise<ListedApiKey[]> {
  try {
    if (inputs.api !== undefined) return await new HeadscaleApi({ ...inputs.api, apiKey }, shortPatience).apiKeys();
  } catch (error) {
    if (!(error instanceof Unreachable) && !(error instanceof Refusal && error.status === 401)) throw error;
  }
  return listApiKeys(await program(inputs, { ready: littlePatience }, () => {}));
}

/** The server's own program, in its pod: only that can make the first key. Loaded late, for the cluster's client is large. */
async function program(inputs: Inputs, waiting: Waiting, progress: Progress): Promise<Headscale> {
  const { readyContainer } = await import("../headscale/pod.ts");
  const pod = await readyContainer(inputs, waiting, progress);
  return (...args) => pod.run("headscale", ...args);
}

function isDue({ renewBeforeDays }: Inputs, expiration: Date): boolean {
  return expiration.getTime() - renewBeforeDays * day <= Date.now();
}
