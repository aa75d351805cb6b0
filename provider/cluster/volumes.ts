import { execa } from "execa";
import { join } from "node:path";
import { z } from "zod";
import { inNode, nodeFolder } from "../node/layout.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { ApiServer } from "./server.ts";

/** Milliseconds without a word after which the API server is given up. */
const patience = 5000;
/** Milliseconds after which nobody waits any longer for a folder of very many files to be added up. */
const addingUp = 20_000;

/** A volume in a folder of this machine, which has no size of its own. */
export interface Volume {
  readonly namespace: string;
  readonly claim: string;
  /** What was asked for. */
  readonly bytes: number;
  /** What its files take; unknown where adding them up takes too long. */
  readonly usedBytes?: number;
}

const persistentVolume = z.object({
  spec: z.object({
    capacity: z.object({ storage: z.string() }),
    claimRef: z.object({ namespace: z.string(), name: z.string() }),
    hostPath: z.object({ path: z.string() }).optional(),
    local: z.object({ path: z.string() }).optional(),
  }),
});

/**
 * The volumes of an embedded node, each with what it takes.
 *
 * @throws Unreachable; ActionableError `cluster-refused`.
 */
export async function volumesOf(clusterName: string, kubeconfig: string): Promise<Volume[]> {
  const server = new ApiServer(readKubeconfig(kubeconfig), patience);
  const volumes = (await server.list("/api/v1/persistentvolumes", "volumes")).flatMap((object) => persistentVolume.safeParse(object).data?.spec ?? []);
  return Promise.all(volumes.map(async ({ capacity, claimRef, hostPath, local }) => {
    const path = (hostPath ?? local)?.path ?? "";
    const usedBytes = path.startsWith(`${inNode}/`) ? await used(join(nodeFolder(clusterName), path.slice(inNode.length))) : undefined;
    return { namespace: claimRef.namespace, claim: claimRef.name, bytes: bytesOf(capacity.storage), ...(usedBytes !== undefined && { usedBytes }) };
  }));
}

async function used(folder: string): Promise<number | undefined> {
  const { stdout } = await execa("du", ["--summarize", "--block-size=1", "--one-file-system", folder], { reject: false, timeout: addingUp });
  const bytes = /^\d+/.exec(stdout)?.[0];
  return bytes === undefined ? undefined : Number(bytes);
}

const factors: Record<string, number> = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** Of a quantity as the API server writes it. */
function bytesOf(quantity: string): number {
  const [, value, suffix = ""] = /^([\d.]+)(\D*)$/.exec(quantity) ?? [];
  return Number(value) * (factors[suffix] ?? NaN);
}
