import { z } from "zod";
import { LETS_ENCRYPT, tsigAlgorithms } from "../../../components/index.ts";
import type { Told } from "../../system.ts";

const NAMESERVER = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?$/;

const dns01 = z.discriminatedUnion("provider", [
  z.strictObject({
    provider: z
      .literal("rfc2136")
      .describe(
        "Dynamic updates of a name server, signed with a TSIG key whose secret (base64) is guildnet:dnsToken. No default.",
      ),
    nameserver: z
      .string()
      .regex(NAMESERVER, 'a name server, for instance "192.0.2.53" or "ns.example.org:53"')
      .describe("The name server that takes the updates. No default."),
    keyName: z.string().min(1).describe("Name of the TSIG key. No default."),
    algorithm: z.enum(tsigAlgorithms).default("HMACSHA256").describe("Algorithm of the TSIG key."),
  }),
  z.strictObject({
    provider: z
      .literal("cloudflare")
      .describe(
        "Cloudflare, with an API token that may read the zone and edit its DNS as guildnet:dnsToken. No default.",
      ),
  }),
]);

/** Certificates that renew by themselves. */
export const certificatesSchema = z.strictObject({
  issuer: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("authority").describe("The guild's own authority, which browsers have to be told of once."),
      }),
      z.strictObject({
        kind: z
          .literal("acme")
          .describe(
            "For the portal an authority that browsers know, such as Let's Encrypt; what only the guild itself opens stays with its own. Names below portal.host and its apps must be in a domain of yours.",
          ),
        email: z
          .email("an e-mail address")
          .describe("Where the authority writes to when something is wrong. No default."),
        server: z
          .url({ protocol: /^https$/, error: `an ACME directory, for instance "${LETS_ENCRYPT}"` })
          .default(LETS_ENCRYPT)
          .describe("Directory of the authority."),
        dns01: dns01.describe("How the guild proves that the domain is its own. No default."),
      }),
    ])
    .prefault({ kind: "authority" })
    .describe("Who signs."),
});

export const certificatesKeys = {
  certificates: certificatesSchema
    .optional()
    .describe(
      "cert-manager, which renews the certificates of portal, registry and mesh while they run. Default: none; npm run up renews them. Write {} for the guild's own authority.",
    ),
};

export type CertificatesKeys = Told<typeof certificatesKeys>;
