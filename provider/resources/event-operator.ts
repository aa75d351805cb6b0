import { randomUUID } from "node:crypto";
import { z } from "zod";
import { define, type Existing } from "./resource.ts";

const schema = z.object({ name: z.string().min(1).max(128), generation: z.number().int().min(1) });

/** Loaded late, as few runs have to do with it. */
const claims = () => import("../events/claims.ts");

export const eventOperator = define({
  schema,
  replaceOn: [],
  create: ({ name }) => made(name, randomUUID()),
  // All keys are new, and what is kept on the bus stays: no key is part of where it is kept.
  update: ({ name }, _progress, old) => made(name, String(old.id)),
  async drift(_inputs, { guildJwt }) {
    return (await claims()).isPresent(String(guildJwt)) ? undefined : "its account offers other things by now";
  },
});

async function made(name: string, id: string): Promise<Existing> {
  const operator = await (await claims()).newOperator(name);
  return { id, outputs: { ...operator }, secrets: ["operatorSeed", "systemCredentials", "guildCredentials"] };
}
