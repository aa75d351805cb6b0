import { z } from "zod";

/** Each answer is a list, of which one machine's has one entry: a proxy asks several at once. */
const answers = <T extends z.ZodRawShape>(shape: T) =>
  z.object({
    messages: z
      .array(z.object({ metadata: z.object({ error: z.string() }).nullable().default(null), ...shape }))
      .min(1),
  });

/** Part of a file. */
export const data = z.object({
  metadata: z.object({ error: z.string() }).nullable().default(null),
  bytes: z.instanceof(Uint8Array),
});

export const acknowledged = answers({});

export const versions = answers({
  version: z.object({ tag: z.string() }),
  platform: z.object({ name: z.string(), mode: z.string() }).nullable(),
});

export const applied = answers({
  warnings: z.array(z.string()),
  mode: z.string(),
  mode_details: z.string(),
});

export const acted = answers({ actor_id: z.string() });

export const services = answers({
  services: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      health: z.object({ unknown: z.boolean(), healthy: z.boolean(), last_message: z.string() }).nullable(),
    }),
  ),
});

export const members = answers({
  members: z.array(
    z.object({
      id: z.string(),
      hostname: z.string(),
      peer_urls: z.array(z.string()),
      is_learner: z.boolean(),
    }),
  ),
});

export const health = z.object({ message: z.string() });

/** The image's name at the end, how far each layer is before it. */
export const pulled = z.object({ name: z.string().optional() });

export const installed = z.object({
  progress: z.object({ message: z.string().optional(), exit_code: z.number().optional() }).nullable(),
});
