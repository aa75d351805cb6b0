import { z } from "zod";
import { dnsName, handle, port } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";
import { poolName } from "../balancer/schema.ts";

const portal = z.strictObject({
  host: dnsName
    .default("guildnet.localhost")
    .describe("Host name of the portal. Browsers resolve names below localhost to the machine they run on."),
  port: port.default(8090).describe("Port of the portal."),
  address: z
    .ipv4("an IPv4 address of this machine")
    .default("127.0.0.1")
    .describe(
      "Address of this machine an embedded cluster publishes the portal at. Anything but loopback opens it to your network.",
    ),
  appsDomain: dnsName
    .optional()
    .describe(
      "Domain below which every workspace has a host name. Default: beside the host, guildnet-apps.localhost beside guildnet.localhost, so that no page of a workspace can set cookies for the portal; apps.<host> in a stack that had it before, and where the name beside the host could be somebody else's, as with example.org.",
    ),
  admins: z
    .array(handle)
    .optional()
    .describe("Handles of the people who see every workspace. Default: the first person."),
  service: z
    .enum(["ClusterIP", "NodePort", "LoadBalancer"])
    .optional()
    .describe("How an existing cluster shows the portal. Default: ClusterIP, not outside the cluster."),
  addressPool: poolName
    .optional()
    .describe(
      "Pool of loadBalancer.pools that its address is of, with service LoadBalancer. Default: any that assigns by itself.",
    ),
});

export const portalKeys = {
  portal: portal.prefault({}).describe("The web entrance."),
};

export type PortalKeys = Told<typeof portalKeys>;
