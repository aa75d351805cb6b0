import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { isDueForRenewal } from "../pki/x509.ts";
import { endpoint } from "../node/credentials.ts";
import { nodeFolder } from "../node/layout.ts";
import { deleteNode, nodeHealth, startNode } from "../node/lifecycle.ts";
import { nodeSpec, type NodeSpec } from "../node/spec.ts";
import type { Progress } from "../node/toolchain.ts";
import { define, PartlyCreated, type Existing } from "./resource.ts";

export const embeddedNode = define({
  schema: nodeSpec,
  replaceOn: ["clusterName", "podCidr", "serviceCidr"],
  deleteFirst: true,
  async create(spec, progress) {
    return start(spec, progress).catch((error: unknown) => {
      throw isThere(spec.clusterName) ? new PartlyCreated(spec.clusterName, error) : error;
    });
  },
  update: start,
  async drift(spec, { kubeconfig }) {
    const health = await nodeHealth(spec.clusterName);
    if (!health.ready) return health.reason;
    if (typeof kubeconfig !== "string") return "its creation was not completed";
    return isDueForRenewal(clientCertificate(kubeconfig)) ? "the administrator's certificate is due for renewal" : undefined;
  },
  exists: async ({ clusterName }) => isThere(clusterName),
  delete: ({ clusterName, keepVolumes }, progress) => deleteNode(clusterName, keepVolumes, progress),
});

function isThere(clusterName: string): boolean {
  return existsSync(join(nodeFolder(clusterName), "identity"));
}

async function start(spec: NodeSpec, progress: Progress): Promise<Existing> {
  const { kubeconfig, identity } = await startNode(spec, progress);
  return { id: spec.clusterName, outputs: { kubeconfig, endpoint: endpoint(spec), clusterIdentifier: identity }, secrets: ["kubeconfig"] };
}

const userOf = z.object({ users: z.tuple([z.object({ user: z.object({ "client-certificate-data": z.string() }) })]) });

function clientCertificate(kubeconfig: string): string {
  const { users: [{ user }] } = userOf.parse(parse(kubeconfig));
  return Buffer.from(user["client-certificate-data"], "base64").toString();
}
