import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { define } from "./resource.ts";

const schema = z.object({ bytes: z.number().int().min(16).max(1024) });

export const randomSecret = define({
  schema,
  replaceOn: ["bytes"],
  async create({ bytes }) {
    return { id: randomUUID(), outputs: { value: randomBytes(bytes).toString("base64url") }, secrets: ["value"] };
  },
});
