import { z } from "zod";
import { addressIn, overlap } from "./cidr.ts";
import { addresses, lan } from "./layout.ts";
import { machineIdentity } from "./this-machine.ts";

/** From /12, the largest that the API server takes for Services, to /28, the smallest with a tenth address. */
const anyNetwork = z
  .cidrv4({ abort: true })
  .refine((cidr) => lengthOf(cidr) >= 12 && lengthOf(cidr) <= 28, {
    error: "must have a length from /12 to /28",
    abort: true,
  })
  .refine((cidr) => cidr === networkOf(cidr), {
    error: ({ input }) => `must start at the network's first address: ${networkOf(String(input))}`,
    abort: true,
  });
const outside = (range: string) =>
  anyNetwork.refine((cidr) => !overlap(cidr, range), `must not overlap ${range}, where the node itself is`);
const network = outside(addresses.range);

const port = z.number().int().min(1).max(65535);

const proxyUrl = z
  .string()
  .regex(/^http:\/\/[^\s/@]+:\d+$/, "must be an address such as http://proxy.example.org:3128");

/** The way out where nobody gets out but by a proxy. */
const nodeProxy = z.object({
  https: proxyUrl,
  http: proxyUrl.optional(),
  exclude: z.array(z.string()).default([]),
  /** "user:password". Secret. */
  credentials: z.string().optional(),
});

/** What an embedded node shall be: the inputs of `EmbeddedNode`, checked. */
export const nodeSpec = z
  .object({
    clusterName: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/, "must be a DNS label of at most 50 characters"),
    /** Made with the node's data and gone with it. */
    clusterIdentifier: z.uuid(),
    /** Where the node's data is; unknown of nodes that earlier versions made. */
    machine: machineIdentity.optional(),
    kubernetesVersion: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as "1.36.3"'),
    apiPort: port,
    podCidr: network,
    serviceCidr: network,
    lanCidr: outside(addresses.own).default(lan.cidr),
    publish: z
      .array(
        z.strictObject({
          hostAddress: z.ipv4().default("127.0.0.1"),
          hostPort: port,
          nodePort: z.number().int().min(30000).max(32767),
          announceVisitors: z.boolean().default(false),
        }),
      )
      .default([]),
    keepVolumes: z.boolean().default(true),
    proxy: nodeProxy.optional(),
    /** Whether volumes shall be files of their size, in which case the machine has to be able to mount such. */
    volumeSizes: z.literal("reserved").optional(),
    registries: z
      .array(
        z.strictObject({
          host: z
            .string()
            .regex(
              /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
              "must be a host name with a dot in it",
            ),
          address: z.ipv4(),
          caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
        }),
      )
      .default([]),
  })
  .superRefine((spec, context) => {
    if (overlap(spec.podCidr, spec.serviceCidr))
      context.addIssue({ code: "custom", path: ["serviceCidr"], message: `must not overlap podCidr, ${spec.podCidr}` });
    for (const key of ["podCidr", "serviceCidr"] as const) {
      if (overlap(spec.lanCidr, spec[key]))
        context.addIssue({ code: "custom", path: ["lanCidr"], message: `must not overlap ${key}, ${spec[key]}` });
    }
    for (const [index, { host }] of spec.registries.entries()) {
      if (spec.registries.findIndex((other) => other.host === host) < index)
        context.addIssue({ code: "custom", path: ["registries", index, "host"], message: `${host} is there twice` });
    }
    const taken = [{ hostAddress: "127.0.0.1", hostPort: spec.apiPort }];
    for (const [index, published] of spec.publish.entries()) {
      const { hostAddress, hostPort } = published;
      if (taken.some((other) => collide(other, published))) {
        context.addIssue({
          code: "custom",
          path: ["publish", index, "hostPort"],
          message: `${hostAddress}:${hostPort} is published twice`,
        });
      }
      taken.push(published);
    }
  });

export type NodeSpec = z.infer<typeof nodeSpec>;

interface Listener {
  readonly hostAddress: string;
  readonly hostPort: number;
}

function collide(a: Listener, b: Listener): boolean {
  const sameAddress = a.hostAddress === b.hostAddress || [a.hostAddress, b.hostAddress].includes("0.0.0.0");
  return sameAddress && a.hostPort === b.hostPort;
}

function lengthOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function networkOf(cidr: string): string {
  return `${addressIn(cidr, 0)}/${lengthOf(cidr)}`;
}
