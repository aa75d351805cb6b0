import { z } from "zod";
import { PORT_NAME, WORKSPACE_ID } from "../../../components/index.ts";
import { dnsName, handle, port } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const name = z.string().regex(WORKSPACE_ID, 'a name of the guild\'s, for instance "wiki"');

const UNTIL = 'a day such as "2026-12-24", or a moment such as "2026-12-24T18:00:00Z"';
/** What the engine makes of a date that stands in a stack file without quotes: Go's way to write a time. */
const GO_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d) \S+$/;

/** A day, or a moment of it. */
const until = z
  .string(UNTIL)
  .transform(asWritten)
  .pipe(
    z
      .string()
      .refine((text) => z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(text).success, UNTIL),
  );

/** A midnight was a day: nobody writes the moment, which without quotes looks the same. */
function asWritten(text: string): string {
  const [whole, day = "", time = "", hours = "", minutes = ""] = GO_TIME.exec(text) ?? [];
  if (whole === undefined) return text;
  return time === "00:00:00" && `${hours}${minutes}` === "+0000" ? day : `${day}T${time}${hours}:${minutes}`;
}

const publication = z.strictObject({
  app: name.optional().describe("App that is published. No default; this or workspace."),
  workspace: name.optional().describe("Workspace of which a port is published. No default; this or app."),
  port: z
    .string()
    .regex(PORT_NAME, 'the name of one of its ports, for instance "web"')
    .optional()
    .describe("Name of the port. Default: an app's main one; of a workspace one has to be named, and never the IDE."),
  host: dnsName.describe("Host name under which everybody reaches it; its DNS leads to the server. No default."),
  owner: handle.optional().describe("Handle of the person who answers for it. Default: whose it is."),
  until: until
    .optional()
    .describe(
      "Last day, UTC, or moment until which it is open. It closes by itself then, by the cluster's clock, and is taken away by the next run. Default: it stays.",
    ),
  evenThoughPrivate: z
    .boolean()
    .default(false)
    .describe(
      "Whether everybody may open it although it isn't public: an app that is private or for members, or a port of a workspace. Nobody signs in there.",
    ),
});

const publish = z
  .array(publication)
  .default([])
  .describe("What is open to the internet, one entry each. Default: nothing.");

const frp = z.strictObject({
  kind: z
    .literal("frp")
    .describe("A server of one's own, frp's, on a rented machine. The secret guildnet:tunnelToken holds its token."),
  server: z
    .string()
    .refine(
      (text) => z.union([dnsName, z.ipv4()]).safeParse(text).success,
      'a host name or an IPv4 address, for instance "tunnel.example.org"',
    )
    .describe("Host name or IPv4 address of the server, for which its certificate is. No default."),
  port: port.default(7000).describe("Port of the server that the guild connects to."),
  publicPort: port.default(443).describe("Port of the server that visitors come to, over HTTPS."),
  caCertificate: z
    .string()
    .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
    .optional()
    .describe("Authority that signed the server's certificate, PEM. Default: one that every system knows."),
  publish,
});

const cloudflare = z.strictObject({
  kind: z
    .literal("cloudflare")
    .describe("Cloudflare's network. The secret guildnet:tunnelToken holds the token of a tunnel there."),
  publish,
});

export const tunnelKeys = {
  tunnel: z
    .discriminatedUnion("kind", [frp, cloudflare])
    .optional()
    .describe(
      "A way from the internet to apps, and to ports of workspaces, that are named in it, and to nothing else. Default: none.",
    ),
};

export type TunnelKeys = Told<typeof tunnelKeys>;
export type TunnelConfig = NonNullable<TunnelKeys["tunnel"]>;
export type PublicationConfig = z.output<typeof publication>;
