import { randomUUID } from "node:crypto";
import { z } from "zod";
import { define } from "./resource.ts";

const schema = z.object({ name: z.string().min(1).max(128), generation: z.number().int().min(1) });

export const eventIdentity = define({
  schema,
  replaceOn: ["name", "generation"],
  async create({ name }) {
    // Loaded late, as few runs have to do with it.
    const { newIdentity } = await import("../events/claims.ts");
    return { id: randomUUID(), outputs: await newIdentity(name), secrets: ["credentials"] };
  },
});
