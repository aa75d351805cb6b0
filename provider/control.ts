/** What the command line does with clusters outside of the graph: stop embedded ones, start them again, look. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { guildnetHome, nodeFolder } from "./node/layout.ts";
import { savedSpec, startNode } from "./node/lifecycle.ts";
import type { Progress } from "./node/toolchain.ts";
import type * as objects from "./cluster/objects.ts";
import type { LiveObject, Sought } from "./cluster/objects.ts";
import type { ObservedCluster, WorkloadName } from "./cluster/observe.ts";
import type { Volume } from "./cluster/volumes.ts";

export type { Observed, ObservedCluster, WorkloadName } from "./cluster/observe.ts";
export { isKnownByName, isLookedAt, ownDriftOf } from "./own-drift.ts";
export { handOverHomes } from "./node/home-ownership.ts";
export { noteClaims, noteVolumeOwners, type NotedClaim } from "./node/kept-homes.ts";
export type { LiveObject, ObjectName, Sought } from "./cluster/objects.ts";
export { workloadKinds, type WorkloadKind } from "./cluster/workloads.ts";
export type { Volume } from "./cluster/volumes.ts";
export { withCredentials } from "./node/proxy-sign-in.ts";
export { lowSharedLimits } from "./node/shared-limits.ts";
export { prepareNode, suspendNode } from "./node/lifecycle.ts";
export { deleteNode, nodeHealth as clusterStatus, stopNode as stopCluster } from "./node/lifecycle.ts";

/** Names of the nodes that this machine has data of. */
export function listClusters(): string[] {
  const directory = join(guildnetHome(), "clusters");
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory() && savedSpec(nodeFolder(entry.name)) !== undefined).map((entry) => entry.name);
}

/** Starts a node that was stopped, as it was. */
export async function startCluster(clusterName: string, progress?: Progress): Promise<void> {
  const spec = savedSpec(nodeFolder(clusterName));
  if (spec !== undefined) await startNode(spec, progress);
}

/** As `observe.ts`' own, which is loaded when it is called: few commands need a cluster's client, and it is large. */
export async function observeCluster(kubeconfig: string, names: readonly WorkloadName[]): Promise<ObservedCluster> {
  return (await import("./cluster/observe.ts")).observeCluster(kubeconfig, names);
}

/** As `volumes.ts`' own. */
export async function volumesOf(clusterName: string, kubeconfig: string): Promise<Volume[]> {
  return (await import("./cluster/volumes.ts")).volumesOf(clusterName, kubeconfig);
}

/** As `objects.ts`' own. */
export async function observeObjects(kubeconfig: string, sought: readonly Sought[], context?: string): Promise<(LiveObject | undefined)[]> {
  return (await loadClient()).observeObjects(kubeconfig, sought, context);
}

/** Begins to load what `observeObjects` needs. */
export function loadClient(): Promise<typeof objects> {
  return import("./cluster/objects.ts");
}

/** Whether certificates of an embedded cluster are due for a renewal, which its next start or `up` brings. */
export async function areCertificatesDue(clusterName: string): Promise<boolean> {
  return (await import("./node/credentials.ts")).areCredentialsDue(nodeFolder(clusterName));
}
