import { randomUUID } from "node:crypto";
import { parse } from "yaml";
import { z } from "zod";
import { isDueForRenewal } from "../pki/x509.ts";
import { endpoint } from "../node/credentials.ts";
import { nodeFolder } from "../node/layout.ts";
import { deleteNode, nodeHealth, savedIdentity, startNode } from "../node/lifecycle.ts";
import { nodeSpec, type NodeSpec } from "../node/spec.ts";
import type { Progress } from "../node/toolchain.ts";
import { define, PartlyCreated, type Existing } from "./resource.ts";

export const embeddedNode = define({
  schema: nodeSpec,
  replaceOn: ["clusterIdentifier", "clusterName", "podCidr", "serviceCidr"],
  deleteFirst: true,
  choose: ({ clusterIdentifier }) => ({ clusterIdentifier: clusterIdentifier ?? randomUUID() }),
  async create(spec, progress) {
    return start(spec, progress).catch((error: unknown) => {
      throw savedIdentity(nodeFolder(spec.clusterName)) === spec.clusterIdentifier ? new PartlyCreated(spec.clusterName, error) : error;
    });
  },
  update: start,
  async drift(spec, { kubeconfig }) {
    const health = await nodeHealth(spec.clusterName);
    if (!health.ready) return health.reason;
    if (typeof kubeconfig !== "string") return "its creation was not completed";
    return isDueForRenewal(clientCertificate(kubeconfig)) ? "the administrator's certificate is due for renewal" : undefined;
  },
  exists: async ({ clusterName, clusterIdentifier }) => savedIdentity(nodeFolder(clusterName)) === clusterIdentifier,
  delete: ({ clusterName, keepVolumes }, progress) => deleteNode(clusterName, keepVolumes, progress),
});

async function start(spec: NodeSpec, progress: Progress): Promise<Existing> {
  const kubeconfig = await startNode(spec, progress);
  return { id: spec.clusterName, outputs: { kubeconfig, endpoint: endpoint(spec) }, secrets: ["kubeconfig"] };
}

const userOf = z.object({ users: z.tuple([z.object({ user: z.object({ "client-certificate-data": z.string() }) })]) });

function clientCertificate(kubeconfig: string): string {
  const { users: [{ user }] } = userOf.parse(parse(kubeconfig));
  return Buffer.from(user["client-certificate-data"], "base64").toString();
}
