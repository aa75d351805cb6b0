import { execa } from "execa";
import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { inNode, nodeFolder } from "./layout.ts";
import { initProcess } from "./process.ts";
import { isMountPoint, volumeFile } from "./volume-file.ts";
import { readKubeconfig } from "../cluster/kubeconfig.ts";
import { ApiServer } from "../cluster/server.ts";

/** Milliseconds without a word after which the API server is given up. */
const patience = 5000;
/** Milliseconds after which nobody waits any longer for a folder of very many files to be added up. */
const addingUp = 20_000;

/** A volume of this machine: a folder, which has no size of its own, or a file, which has. */
export interface Volume {
  readonly namespace: string;
  readonly claim: string;
  /** What was asked for. */
  readonly bytes: number;
  /** What its files take; unknown where adding them up takes too long, and of a file that is not mounted. */
  readonly usedBytes?: number;
  /** Of a file: what fits into it; unknown while it is not mounted. */
  readonly file?: { readonly capacityBytes?: number };
}

const persistentVolume = z.object({
  spec: z.object({
    capacity: z.object({ storage: z.string() }),
    claimRef: z.object({ namespace: z.string(), name: z.string() }),
    hostPath: z.object({ path: z.string() }).optional(),
    local: z.object({ path: z.string() }).optional(),
  }),
});

const claim = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string() }),
  spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
});

/**
 * The volumes of an embedded node, each with what it takes.
 *
 * @throws Unreachable; ActionableError `cluster-refused`.
 */
export async function volumesOf(clusterName: string, kubeconfig: string): Promise<Volume[]> {
  const server = new ApiServer(readKubeconfig(kubeconfig), patience);
  const [all, claims] = await Promise.all([
    server.list("/api/v1/persistentvolumes", "volumes"),
    server.list("/api/v1/persistentvolumeclaims", "volumes' claims"),
  ]);
  const volumes = all.flatMap((object) => persistentVolume.safeParse(object).data?.spec ?? []);
  // A claim that grew is ahead of its volume.
  const asked = new Map(
    claims
      .flatMap((object) => claim.safeParse(object).data ?? [])
      .map(({ metadata: { namespace, name }, spec }) => [
        `${namespace}/${name}`,
        bytesOf(spec.resources.requests.storage),
      ]),
  );
  return Promise.all(
    volumes.map(async ({ capacity, claimRef, hostPath, local }) => {
      const path = (hostPath ?? local)?.path ?? "";
      const volume = {
        namespace: claimRef.namespace,
        claim: claimRef.name,
        bytes: Math.max(bytesOf(capacity.storage), asked.get(`${claimRef.namespace}/${claimRef.name}`) ?? 0),
      };
      if (!path.startsWith(`${inNode}/`)) return volume;
      const folder = join(nodeFolder(clusterName), path.slice(inNode.length));
      const found = statSync(folder, { throwIfNoEntry: false });
      if (existsSync(volumeFile(folder)) || (found !== undefined && isMountPoint(found)))
        return { ...volume, ...(await mounted(clusterName, path)) };
      const usedBytes = await used(folder);
      return { ...volume, ...(usedBytes !== undefined && { usedBytes }) };
    }),
  );
}

/** What the node has mounted, whose mounts show below its first process. */
async function mounted(clusterName: string, path: string): Promise<Pick<Volume, "usedBytes" | "file">> {
  const init = initProcess(nodeFolder(clusterName)),
    folder = `/proc/${init}/root${path}`;
  if (init === undefined || !existsSync(folder) || statSync(folder).dev === statSync(dirname(folder)).dev)
    return { file: {} };
  const { blocks, bfree, bsize } = await statfs(folder);
  return { usedBytes: (blocks - bfree) * bsize, file: { capacityBytes: blocks * bsize } };
}

async function used(folder: string): Promise<number | undefined> {
  const { stdout } = await execa("du", ["--summarize", "--block-size=1", "--one-file-system", folder], {
    reject: false,
    timeout: addingUp,
  });
  const bytes = /^\d+/.exec(stdout)?.[0];
  return bytes === undefined ? undefined : Number(bytes);
}

const factors: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Of a quantity as the API server writes it. */
function bytesOf(quantity: string): number {
  const [, value, suffix = ""] = /^([\d.]+)(\D*)$/.exec(quantity) ?? [];
  return Number(value) * (factors[suffix] ?? NaN);
}
