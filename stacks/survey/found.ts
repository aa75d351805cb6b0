import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { embeddedClusterName, label, parseQuantity } from "../../components/index.ts";
import { nodeFolder, notedClaims, volumeFile, volumeOwners, volumesFolder } from "../../provider/sdk/index.ts";
import { ask } from "./ask.ts";
import { parseKubeconfig } from "./kubeconfig.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** What is in a namespace before anything is applied. */
export interface FoundPlace {
  /** Handle of the person whose it is. */
  owner?: string;
  /** Its volumes' claims by name. */
  claims: ReadonlyMap<string, FoundClaim>;
  /** Folder of this machine that has their files, where no cluster says whose they are any more. */
  folder?: string;
}

export interface FoundClaim {
  /** As a quantity. */
  size: string;
  className?: string;
}

/** What a guild finds in its cluster, by namespace. */
export type Found = ReadonlyMap<string, FoundPlace>;

/** What a guild that nobody could ask about finds. */
export const NOTHING: Found = new Map();

/** The claims and owners that a cluster knows; of what these credentials may not see, nothing. */
export async function foundIn(kubeconfig: Kubeconfig): Promise<Found> {
  const [namespaces, claims] = await Promise.all([
    list(kubeconfig, `/api/v1/namespaces?labelSelector=${encodeURIComponent(label.owner)}`),
    list(kubeconfig, `/api/v1/persistentvolumeclaims?labelSelector=${encodeURIComponent(label.data)}`),
  ]);
  const found = new Map<string, { owner?: string; claims: Map<string, FoundClaim> }>();
  const at = (namespace: string) => {
    const place = found.get(namespace) ?? { claims: new Map<string, FoundClaim>() };
    found.set(namespace, place);
    return place;
  };
  for (const { metadata } of namespaces) at(metadata.name).owner = metadata.labels?.[label.owner];
  for (const { metadata, spec } of claims) {
    at(metadata.namespace ?? "").claims.set(metadata.name, {
      size: spec?.resources?.requests?.storage ?? "0",
      className: spec?.storageClassName,
    });
  }
  return found;
}

interface FoundObject {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: { storageClassName?: string; resources?: { requests?: { storage?: string } } };
}

async function list(kubeconfig: Kubeconfig, path: string): Promise<FoundObject[]> {
  const { status, body } = await ask(kubeconfig, path);
  return status === 200 ? (JSON.parse(body) as { items: FoundObject[] }).items : [];
}

/**
 * What the stack's embedded cluster knows, and what it left on this machine. One that is stopped, or was never there, is
 * asked nothing: what was written down beside its volumes is all there is to know of it then.
 */
export async function foundOnThisMachine(component: string): Promise<Found> {
  const name = embeddedClusterName(pulumi.getProject(), pulumi.getStack(), component);
  const file = join(nodeFolder(name), "kubeconfig");
  const known = existsSync(file)
    ? await asked(parseKubeconfig(readFileSync(file, "utf8"), "cluster.kubeconfigPath", "."))
    : NOTHING;
  const owners = volumeOwners(name),
    claims = notedClaims(name);
  const left = [...new Set([...owners.keys(), ...claims.keys()])]
    .filter((namespace) => known === NOTHING || (!known.has(namespace) && owners.has(namespace)))
    .map((namespace): [string, FoundPlace] => [
      namespace,
      { owner: owners.get(namespace), ...placeOf(name, namespace, claims.get(namespace)) },
    ]);
  return new Map([...known, ...left]);
}

/** Of the disk that the stack's embedded cluster is on, or will be. */
export interface Room {
  /** Bytes. */
  free: number;
  /** Bytes that a volume has set aside: none before it is made, and of a folder whatever it may ask for, as it sets nothing aside. */
  had: (namespace: string, claim: string) => number;
}

/** What there is room for; unknown in a preview for another machine, or a first one. */
export function freeRoom(component: string): Room | undefined {
  const name = embeddedClusterName(pulumi.getProject(), pulumi.getStack(), component),
    folder = nodeFolder(name);
  if (pulumi.runtime.isDryRun() && !existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(nearest(folder));
  const had = (namespace: string, claim: string) => {
    const volume = join(volumesFolder(name, namespace), claim);
    return statSync(volumeFile(volume), { throwIfNoEntry: false })?.size ?? (existsSync(volume) ? Infinity : 0);
  };
  return { free: bavail * bsize, had };
}

function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}

/** In a cluster that is stopped, or a folder that is left of one. */
function placeOf(
  clusterName: string,
  namespace: string,
  claims?: Readonly<Record<string, FoundClaim>>,
): Pick<FoundPlace, "claims" | "folder"> {
  return claims === undefined
    ? { claims: new Map(), folder: volumesFolder(clusterName, namespace) }
    : { claims: new Map(Object.entries(claims)) };
}

async function asked(kubeconfig: Kubeconfig): Promise<Found> {
  try {
    return await foundIn(kubeconfig);
  } catch (error) {
    await pulumi.log.debug(
      `The cluster at ${kubeconfig.server} is not asked for its volumes: ${(error as Error).message}`,
    );
    return NOTHING;
  }
}

/** Of an amount in words that Kubernetes knows and we don't, nothing is said. */
export function bytesOf(amount: string): number {
  return parseQuantity(amount) ?? 0;
}
