import { randomUUID } from "node:crypto";
import { parse } from "yaml";
import { z } from "zod";
import { isDueForRenewal } from "../pki/x509.ts";
import { endpoint } from "../node/credentials.ts";
import { nodeFolder } from "../node/layout.ts";
import { deleteNode, nodeHealth, savedIdentity, startNode } from "../node/lifecycle.ts";
import { isCurrent } from "../node/node-files.ts";
import { nodeSpec, type NodeSpec } from "../node/spec.ts";
import { isSameMachine, machineIdentity, MOVED_HERE, thisMachine } from "../node/this-machine.ts";
import type { Progress } from "../node/toolchain.ts";
import { isUnknown, type Plain } from "../wire.ts";
import { define, PartlyCreated, type Existing, type Properties } from "./resource.ts";

export const embeddedNode = define({
  schema: nodeSpec,
  replaceOn: ["clusterIdentifier", "clusterName", "podCidr", "serviceCidr"],
  deleteFirst: true,
  choose: (old) => ({
    clusterIdentifier: old.clusterIdentifier ?? randomUUID(),
    machine: placeOf(old).there ?? thisMachine(),
  }),
  elsewhere(state) {
    const { clusterName, there, dataIsHere } = placeOf(state);
    if (there === undefined || isSameMachine(there, thisMachine(), dataIsHere)) return undefined;
    const moved = dataIsHere ? "its data, which is here, is taken over" : "an empty one is made here";
    return {
      where: `the cluster ${clusterName} is on another machine, ${there.host}`,
      wayOut: `run this there. If it belongs on this machine now (its disk is here, or ${there.host} is no more), say so with ${MOVED_HERE}=${clusterName} in the environment: ${moved}`,
    };
  },
  // The name is made of the stack's: whoever renames the stack would be given another cluster, made anew and empty.
  refuse({ clusterName: old, ...before }, { clusterName: wanted, ...after }) {
    const renamed =
      typeof old !== "string" || !isOther(old, wanted)
        ? []
        : [
            {
              property: "clusterName",
              reason: `the stack's cluster is ${old}; under the name that the stack has now it would be ${String(wanted)}, made anew and empty. Give the stack its old name back (pulumi stack rename), or destroy it and begin anew. The cluster was not changed`,
            },
          ];
    const moved = (["podCidr", "serviceCidr"] as const)
      .filter((network) => isOther(before[network], after[network]))
      .map((network) => ({
        property: network,
        reason: `the cluster has ${String(before[network])} for good: with ${String(after[network])} it would be made anew, without anything that is in it. Write ${String(before[network])} again; or to begin anew, destroy the stack first, which shows what goes and what is kept. The cluster was not changed`,
      }));
    return [...renamed, ...moved];
  },
  async create(spec, progress) {
    return start(spec, progress).catch((error: unknown) => {
      throw savedIdentity(nodeFolder(spec.clusterName)) === spec.clusterIdentifier
        ? new PartlyCreated(spec.clusterName, error)
        : error;
    });
  },
  update: start,
  async drift(spec, { kubeconfig }) {
    const health = await nodeHealth(spec.clusterName);
    if (!health.ready) return health.reason;
    if (!isCurrent(spec)) return "another version of this program started it";
    if (typeof kubeconfig !== "string") return "its creation was not completed";
    return isDueForRenewal(clientCertificate(kubeconfig))
      ? "the administrator's certificate is due for renewal"
      : undefined;
  },
  exists: async (spec) => isHere(spec),
  delete: ({ clusterName, keepVolumes }, progress) => deleteNode(clusterName, keepVolumes, progress),
});

/** Whether a text is to become another one; nothing is said of one that is not known yet. */
function isOther(old: Plain | undefined, wanted: Plain | undefined): boolean {
  return typeof old === "string" && typeof wanted === "string" && !isUnknown(wanted) && old !== wanted;
}

async function start(spec: NodeSpec, progress: Progress): Promise<Existing> {
  const kubeconfig = await startNode(spec, progress);
  return { id: spec.clusterName, outputs: { kubeconfig, endpoint: endpoint(spec) }, secrets: ["kubeconfig"] };
}

const place = z.object({ clusterName: z.string(), clusterIdentifier: z.string(), machine: machineIdentity.optional() });

/** What a state says of the machine that a node is on; nothing where there is none yet, one that an earlier version made, or a person says that it has moved. */
function placeOf(state: Properties) {
  const { data } = place.safeParse(state);
  const believed = data !== undefined && process.env[MOVED_HERE] !== data.clusterName;
  return {
    clusterName: data?.clusterName,
    there: believed ? data.machine : undefined,
    dataIsHere: data !== undefined && isHere(data),
  };
}

function isHere({ clusterName, clusterIdentifier }: Pick<NodeSpec, "clusterName" | "clusterIdentifier">): boolean {
  return savedIdentity(nodeFolder(clusterName)) === clusterIdentifier;
}

const userOf = z.object({ users: z.tuple([z.object({ user: z.object({ "client-certificate-data": z.string() }) })]) });

function clientCertificate(kubeconfig: string): string {
  const {
    users: [{ user }],
  } = userOf.parse(parse(kubeconfig));
  return Buffer.from(user["client-certificate-data"], "base64").toString();
}
