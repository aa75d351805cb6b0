import { randomUUID } from "node:crypto";
import { z } from "zod";
import { HeadscaleApi, type PreAuthKey } from "../headscale/api.ts";
import { littlePatience, patience, serverSchema } from "../headscale/connection.ts";
import { equal, type Plain } from "../wire.ts";
import { define, type Existing, type Properties } from "./resource.ts";

const hour = 60 * 60 * 1000;

const schema = z
  .object({
    server: serverSchema,
    userId: z.string().regex(/^[1-9]\d*$/, "must be a user's number, which HeadscaleUser gives as userId"),
    tags: z.array(
      z
        .string()
        .regex(
          /^tag:[a-z][a-z0-9-]*$/,
          "must be such as tag:router: lower-case letters, digits and hyphens after the colon",
        ),
    ),
    reusable: z.boolean(),
    ephemeral: z.boolean(),
    expirationHours: z
      .number()
      .int()
      .min(1)
      .max(24 * 3650),
    renewBeforeHours: z.number().min(0).optional(),
    renewWhenUsed: z.boolean(),
    generation: z.number().int(),
  })
  .refine(
    ({ expirationHours, renewBeforeHours }) => renewBeforeHours === undefined || renewBeforeHours < expirationHours,
    { path: ["renewBeforeHours"], error: "must be less than expirationHours: each `up` would make a new key" },
  );
type Inputs = z.infer<typeof schema>;

/** What a key is from its beginning to its end. */
const nature = ["userId", "tags", "reusable", "ephemeral", "expirationHours", "generation"] as const;

/** One resource stands for the key that holds at the time: a change of what it is makes another, and ends the one before. */
export const headscalePreAuthKey = define({
  schema,
  // By no replacement: after a lost database the old key could not be deleted with the credentials of its time.
  replaceOn: [],
  same,
  create: (inputs) => make(new HeadscaleApi(inputs.server, patience), inputs, randomUUID()),
  async update(inputs, _progress, old) {
    const api = new HeadscaleApi(inputs.server, patience),
      id = String(old.id),
      userId = String(old.userId);
    const known = await find(api, userId, old);
    const isAnother = nature.some(
      (input) => !equal(old[input], inputs[input]) && !same(input, old[input], inputs[input]),
    );
    if (!isAnother && reasonToRenew(inputs, known) === undefined)
      return existing(id, { key: String(old.key), keyId: String(old.keyId), expiration: String(old.expiration) });
    // The old one first: whatever stops this run, no key is left that nobody knows.
    if (known !== undefined && !hasEnded(known)) await api.expirePreAuthKey(userId, known.key);
    return make(api, inputs, id);
  },
  async drift(inputs, state) {
    return reasonToRenew(inputs, await find(new HeadscaleApi(inputs.server, littlePatience), inputs.userId, state));
  },
  async delete(inputs, _progress, state) {
    const api = new HeadscaleApi(inputs.server, patience);
    const known = await find(api, inputs.userId, state);
    if (known !== undefined && !hasEnded(known)) await api.expirePreAuthKey(inputs.userId, known.key);
  },
});

/** The server keeps tags as a set. */
function same(input: string, old: Plain, wanted: Plain): boolean {
  return (
    input === "tags" &&
    Array.isArray(old) &&
    Array.isArray(wanted) &&
    equal([...new Set(old)].sort(), [...new Set(wanted)].sort())
  );
}

async function make(api: HeadscaleApi, inputs: Inputs, id: string): Promise<Existing> {
  const { userId, tags, reusable, ephemeral, expirationHours } = inputs;
  const expiration = new Date(Date.now() + expirationHours * hour);
  const { key, id: keyId } = await api.createPreAuthKey({ userId, tags, reusable, ephemeral, expiration });
  return existing(id, { key, keyId, expiration: expiration.toISOString() });
}

function existing(id: string, outputs: { key: string; keyId: string; expiration: string }): Existing {
  return { id, outputs, secrets: ["key"] };
}

/** By its number and itself: after a lost database the number is another key's. */
async function find(api: HeadscaleApi, userId: string, { keyId, key }: Properties): Promise<PreAuthKey | undefined> {
  return (await api.preAuthKeys(userId)).find((one) => one.id === keyId && one.key === key);
}

/** A key for one node that has served it may end in peace, unless another node is to come. */
function reasonToRenew(
  { expirationHours, renewBeforeHours = expirationHours / 3, renewWhenUsed }: Inputs,
  known: PreAuthKey | undefined,
): string | undefined {
  if (known === undefined) return "the server does not know it";
  if (known.used && !known.reusable) return renewWhenUsed ? "it was used" : undefined;
  if (hasEnded(known)) return "it has expired";
  return hasEnded(known, renewBeforeHours) ? `it expires at ${known.expiration}` : undefined;
}

function hasEnded({ expiration }: PreAuthKey, hoursFromNow = 0): boolean {
  return expiration != null && Date.parse(expiration) <= Date.now() + hoursFromNow * hour;
}
