import { z } from "zod";
import { bytes, cidr, dnsName, port } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";
import { poolName } from "../balancer/schema.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const ENGINE = /^(ssh|tcp|unix):\/\/\S+$/;

const deviceName = z.string().regex(LABEL, 'lower case letters, digits and "-", at most 63, for instance "ada-laptop"');
const serverUrl = z.url({
  protocol: /^https$/,
  error: 'an HTTPS address, for instance "https://headscale.example.org"',
});

const router = z.strictObject({
  mode: z
    .enum(["userspace", "kernel"])
    .default("userspace")
    .describe(
      "Whether it opens each connection itself, without any right, or the kernel forwards packets, for which its namespace is privileged.",
    ),
  hostname: deviceName.default("router").describe("Its name on the mesh."),
  routes: z
    .array(cidr)
    .default([])
    .describe("Networks besides the cluster's own that devices of the guild reach through it."),
});

/** What every mesh has. */
const common = {
  domain: dnsName
    .default("guildnet.internal")
    .describe(
      "Domain of the guild on the mesh: every workspace is at <workspace>.apps.<domain>. Nobody else on a device's networks should have it.",
    ),
  access: z
    .enum(["portal", "cluster"])
    .default("portal")
    .describe(
      "What devices of the guild reach: the portal, and with it the workspaces, or every Service and pod as well.",
    ),
  devices: z
    .array(deviceName)
    .default([])
    .describe(
      "Devices to make a key for, by name. Each key lets one device join, within ninety days; pulumi stack output --show-secrets mesh tells them.",
    ),
  keyGeneration: z
    .int()
    .min(1)
    .default(1)
    .describe("Raise it to make every key anew and to end the old ones; devices that have joined stay."),
  router: router.prefault({}).describe("The way from the mesh into the cluster."),
};

const managePolicy = z
  .boolean()
  .default(false)
  .describe(
    "Whether its whole policy, which may be others' as well, is replaced by the guild's. If not, it must let tag:client reach the portal and approve the routes of tag:router.",
  );

const none = z.strictObject({
  kind: z.literal("none").describe("No mesh: the portal is where portal.host says, and nowhere else."),
});

const headscale = z.strictObject({
  kind: z.literal("headscale").describe("A mesh of the guild's own, with its own coordination server, Headscale."),
  hostname: dnsName
    .optional()
    .describe(
      "Name that devices log in at. They remember it: once it changes, each has to be told, as npm run up says. Default: headscale.<portal.host>.",
    ),
  port: port.default(8092).describe("Port that devices log in at. They remember it as well."),
  address: z
    .ipv4("an IPv4 address of the machine")
    .default("127.0.0.1")
    .describe(
      "Address of this machine, or of the Docker host, that the server is published at. Anything but loopback opens it to your network.",
    ),
  service: z
    .enum(["NodePort", "LoadBalancer"])
    .optional()
    .describe("How an existing cluster shows the server. No default."),
  addressPool: poolName
    .optional()
    .describe(
      "Pool of loadBalancer.pools that its address is of, with service LoadBalancer. Default: any that assigns by itself.",
    ),
  placement: z
    .enum(["cluster", "host"])
    .default("cluster")
    .describe("Whether the server runs in the cluster, or on a Docker host, where it outlives the cluster."),
  dockerHost: z
    .string()
    .regex(ENGINE, 'a Docker engine, for instance "ssh://root@mesh.example.org"')
    .optional()
    .describe("Docker engine to run it on where placement is host. No default."),
  baseDomain: dnsName
    .optional()
    .describe("Domain of the devices' names; the portal is at portal.<baseDomain>. Default: mesh.<domain>."),
  network: cidr
    .default("100.64.0.0/10")
    .describe(
      "Addresses of devices: 100.64.0.0/10, or a part of it. Changing it gives new addresses to new devices alone.",
    ),
  nameservers: z
    .array(z.ipv4("an IPv4 address"))
    .default([])
    .describe("Name servers that devices shall ask for all other names. Default: they keep their own."),
  stun: z
    .boolean()
    .default(false)
    .describe("Whether devices can reach UDP port 3478 of the server, by which they find direct ways to each other."),
  storage: bytes("16Mi").prefault("1Gi").describe("Size of its volume, with database and keys."),
  ...common,
});

const existing = z.strictObject({
  kind: z
    .literal("existing")
    .describe(
      "A Headscale server, 0.27 or newer, that is there already. The secret guildnet:meshApiKey holds an API key of it.",
    ),
  url: serverUrl.describe("Address that devices log in at. No default."),
  caCertificate: z
    .string()
    .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
    .optional()
    .describe("Authority that signed its certificate, PEM. Default: one the system knows."),
  baseDomain: dnsName.describe("Domain of the devices' names, as its settings have it. No default."),
  managePolicy,
  ...common,
});

const tailnet = z.strictObject({
  kind: z
    .literal("tailnet")
    .describe(
      "A tailnet at Tailscale. The secret guildnet:meshApiKey holds an API key of it, or the secret of an OAuth client.",
    ),
  clientId: z.string().min(1).optional().describe("Id of the OAuth client. Default: the secret is an API key."),
  tailnet: z.string().min(1).optional().describe("Id of the tailnet. Default: the one the key belongs to."),
  baseDomain: dnsName.describe("Domain of the devices' names, for instance tail1234.ts.net. No default."),
  managePolicy,
  ...common,
});

/** The value of `mesh`. */
export const meshSchema = z.discriminatedUnion("kind", [none, headscale, existing, tailnet]);

export type MeshConfig = z.output<typeof meshSchema>;
export type HeadscaleConfig = z.output<typeof headscale>;
export type ExistingMeshConfig = z.output<typeof existing>;
export type TailnetConfig = z.output<typeof tailnet>;
/** A mesh that is one. */
export type SomeMeshConfig = Exclude<MeshConfig, { kind: "none" }>;

export const meshKeys = {
  mesh: meshSchema
    .prefault({ kind: "none" })
    .describe(
      "A private network of the members' devices, on which they find the portal and the workspaces from wherever they are.",
    ),
};

export type MeshKeys = Told<typeof meshKeys>;
