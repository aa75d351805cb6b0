import { z } from "zod";
import { POOL_NAME } from "../../../components/index.ts";
import { parseRange } from "../../../components/kube/address-range.ts";
import { cidr } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

/** Name of a pool. */
export const poolName = z
  .string()
  .regex(POOL_NAME, 'lower case letters, digits and "-", at most 63, for instance "public"');
const addresses = z
  .string()
  .refine(
    (text) => parseRange(text) !== undefined,
    'a network such as "192.168.1.224/28", or a range such as "192.168.1.240-192.168.1.250"',
  );
const interfaceName = z.string().regex(/^[^\s/:]{1,15}$/, 'the name of a network interface, for instance "eth0"');

const pool = z.strictObject({
  name: poolName.describe(
    "Name, unique among the pools; what a Service asks for in the annotation metallb.io/address-pool. No default.",
  ),
  addresses: z
    .array(addresses)
    .min(1)
    .describe("Addresses of the LAN, as networks or ranges, that nobody else has or gives out. No default."),
  autoAssign: z
    .boolean()
    .default(true)
    .describe("Whether a Service that names no pool may get an address of this one."),
});

/** The value of `loadBalancer`. */
export const loadBalancerSchema = z.strictObject({
  pools: z
    .array(pool)
    .min(1)
    .optional()
    .describe(
      'Where Services of type LoadBalancer get their addresses of. Default on an embedded cluster: one pool, "default", the upper half of cluster.lanCidr. An existing cluster needs some.',
    ),
  lan: cidr
    .optional()
    .describe(
      "Network that the nodes of an existing cluster are on. An embedded cluster has cluster.lanCidr. No default.",
    ),
  dhcp: z
    .array(addresses)
    .default([])
    .describe("Addresses of that network that a DHCP server gives out, as networks or ranges."),
  interfaces: z
    .array(interfaceName)
    .min(1)
    .optional()
    .describe(
      "Interfaces of the nodes of an existing cluster to announce addresses on. Default: all but those of pods and containers.",
    ),
});

export type LoadBalancerConfig = z.output<typeof loadBalancerSchema>;

export const balancerKeys = {
  loadBalancer: loadBalancerSchema
    .optional()
    .describe(
      "Addresses of their own for Services of type LoadBalancer: MetalLB. Default: none. Write {} for one with every default.",
    ),
};

export type BalancerKeys = Told<typeof balancerKeys>;
