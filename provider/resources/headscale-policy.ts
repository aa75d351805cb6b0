import { randomUUID } from "node:crypto";
import { z } from "zod";
import { HeadscaleApi } from "../headscale/api.ts";
import { littlePatience, patience, serverSchema } from "../headscale/connection.ts";
import { parseHuJson, isSameHuJson } from "../headscale/hujson.ts";
import { define } from "./resource.ts";

const schema = z.object({
  server: serverSchema,
  policy: z.string().superRefine((text, context) => {
    const mistake = mistakeIn(text);
    if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
  }),
});
type Inputs = z.infer<typeof schema>;

/** Deleting it leaves the server's policy as it is: to set an empty one would let everybody reach everything. */
export const headscalePolicy = define({
  schema,
  replaceOn: [],
  same: (input, old, wanted) =>
    input === "policy" && typeof old === "string" && typeof wanted === "string" && isSameHuJson(old, wanted),
  async create(inputs) {
    await ensure(inputs);
    return { id: randomUUID(), outputs: {} };
  },
  async update(inputs, _progress, old) {
    await ensure(inputs);
    return { id: String(old.id), outputs: {} };
  },
  async drift({ server, policy }) {
    const current = await new HeadscaleApi(server, littlePatience).policy();
    if (current === undefined) return "the server has no policy";
    return isSameHuJson(current, policy) ? undefined : "the server has another policy";
  },
});

/** The server keeps every policy it was ever given, so the same is not given twice. */
async function ensure({ server, policy }: Inputs): Promise<void> {
  const api = new HeadscaleApi(server, patience);
  const current = await api.policy();
  if (current === undefined || !isSameHuJson(current, policy)) await api.setPolicy(policy);
}

function mistakeIn(text: string): string | undefined {
  try {
    const policy = parseHuJson(text);
    return typeof policy === "object" && policy !== null && !Array.isArray(policy)
      ? undefined
      : "must be an object, as in https://tailscale.com/kb/1337/policy-syntax";
  } catch (error) {
    if (error instanceof SyntaxError) return `is not HuJSON: ${error.message}`;
    throw error;
  }
}
