import { z } from "zod";
import { bytes, cidr } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const existing = z.strictObject({
  url: z
    .url({ protocol: /^tls$/, error: 'an address, for instance "tls://nats.example.org:4222"' })
    .describe("Where this machine and the cluster's pods reach it. No default."),
  caCertificate: z
    .string()
    .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
    .describe("Authority that signed its certificate, PEM. No default."),
  networks: z
    .array(cidr)
    .default([])
    .describe("Networks that it is in, where the url has a name: pods may reach its port there."),
  servers: z.int().min(1).max(9).default(1).describe("How many servers it is."),
});

const events = z.strictObject({
  existing: existing
    .optional()
    .describe(
      "A NATS with JetStream that is there already, in operator mode. The secrets guildnet:eventsOperatorKey and guildnet:eventsSystemCredentials are its operator's. Default: the guild has its own.",
    ),
  servers: z
    .union([z.literal(1), z.literal(3)], "1 or 3: of two, none may be away")
    .default(1)
    .describe("1, or 3 with a volume each, of which one may be away. What is kept moves along when this changes."),
  storage: bytes("64Mi")
    .prefault("2Gi")
    .describe(
      "Size of the volume of each server, which can grow, not shrink; of an existing bus, how much of its room.",
    ),
  retention: z
    .strictObject({
      days: z.int().min(1).max(3650).default(30).describe("Days after which an event goes."),
      size: bytes("1Mi")
        .optional()
        .describe(
          "Of what everybody may read, as much as stays; admins and each person have an eighth of it beside it. Default: a quarter of the volume, less where there are many people.",
        ),
    })
    .prefault({})
    .describe("How long events stay, whichever ends first."),
  keyGeneration: z
    .int()
    .min(1)
    .default(1)
    .describe("Counted up, it has all keys and credentials made anew; what was said stays."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether what was said stays when it is removed. To remove both, apply false first."),
});

export const eventsKeys = {
  events: events
    .optional()
    .describe(
      "A bus on which systems, agents and people tell each other what happens: NATS with JetStream. Default: none. Write {} for one with every default.",
    ),
};

export type EventsKeys = Told<typeof eventsKeys>;
