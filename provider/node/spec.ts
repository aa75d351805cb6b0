import { z } from "zod";

const port = z.number().int().min(1).max(65535);

/** What an embedded node shall be: the inputs of `EmbeddedNode`, checked. */
export const nodeSpec = z.object({
  clusterName: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/, "must be a DNS label of at most 50 characters"),
  kubernetesVersion: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as "1.36.3"'),
  apiPort: port,
  podCidr: z.cidrv4(),
  serviceCidr: z.cidrv4(),
  publish: z.array(z.strictObject({
    hostAddress: z.ipv4().default("127.0.0.1"),
    hostPort: port,
    nodePort: z.number().int().min(30000).max(32767),
  })).default([]),
  keepVolumes: z.boolean().default(true),
}).superRefine((spec, context) => {
  const seen = new Set([`127.0.0.1:${spec.apiPort}`]);
  for (const [index, { hostAddress, hostPort }] of spec.publish.entries()) {
    const address = `${hostAddress}:${hostPort}`;
    if (seen.has(address)) context.addIssue({ code: "custom", path: ["publish", index, "hostPort"], message: `${address} is published twice` });
    seen.add(address);
  }
});

export type NodeSpec = z.infer<typeof nodeSpec>;
