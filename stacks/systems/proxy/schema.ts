import { z } from "zod";
import { PROXY_ADDRESS, proxyHost } from "../../../components/index.ts";
import { cidr } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

/** A host name, with a dot in front or not, an address, or a network. */
const EXCEPTION =
  /^(\.?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*|\d{1,3}(\.\d{1,3}){3}\/\d{1,2})$/;

const address = z
  .string()
  .regex(PROXY_ADDRESS, {
    error:
      'an address such as "http://proxy.example.org:3128", with its port, without a path, and without a user or password, which the secret guildnet:proxyCredentials holds',
    abort: true,
  })
  .refine((url) => isHost(proxyHost(url).host), 'a host name or an IPv4 address, for instance "http://10.1.2.3:3128"');

/** What ends in a number is an address (https://url.spec.whatwg.org/#ends-in-a-number-checker). */
function isHost(host: string): boolean {
  return !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(host) || z.ipv4().safeParse(host).success;
}

/** The value of `proxy`. */
export const proxySchema = z.strictObject({
  https: address.describe(
    'Proxy for addresses with https://, such as http://proxy.example.org:3128. If it has people sign in, the secret guildnet:proxyCredentials holds "user:password", which whoever is in a workspace can read. No default.',
  ),
  http: address.optional().describe("Proxy for addresses with http://. Default: that for https."),
  exclude: z
    .array(
      z
        .string()
        .regex(EXCEPTION, 'a host name such as "intern.example.org", an address, or a network such as "10.1.0.0/16"'),
    )
    .default([])
    .describe(
      "What is asked without it: host names, each with all below it, addresses and networks. The guild's own names and networks always are.",
    ),
  networks: z
    .array(cidr)
    .default([])
    .describe(
      "Private networks that the proxy is in, where it is called by a name: workspaces reach it there, at its port alone. Where it is called by an address, that is enough; public ones are of the internet.",
    ),
});

export const proxyKeys = {
  proxy: proxySchema
    .optional()
    .describe(
      "A forward proxy, a company's for instance, by which alone the internet is reached: by tools, image builds, the embedded cluster's node, and workspaces and apps that have the internet. Default: none.",
    ),
};

export type ProxyKeys = Told<typeof proxyKeys>;
