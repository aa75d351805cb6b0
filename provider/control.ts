/** What the command line does with clusters outside of the graph: stop embedded ones, start them again, look. */
import { join } from "node:path";
import { ActionableError } from "./errors.ts";
import { freeOf } from "./node/machine.ts";
import { nodeFolder } from "./node/layout.ts";
import { savedSpec, startNode } from "./node/lifecycle.ts";
import type { Progress } from "./node/toolchain.ts";
import type { Volume } from "./node/volume-usage.ts";

export { isKnownByName, isLookedAt, ownDriftOf } from "./own-drift.ts";
export { handOverHomes } from "./node/home-ownership.ts";
export { noteClaims, noteVolumeOwners, removeEmptied, type NotedClaim } from "./node/kept-homes.ts";
export type { Volume } from "./node/volume-usage.ts";
export { withCredentials } from "./node/proxy-sign-in.ts";
export { lowSharedLimits } from "./node/shared-limits.ts";
export { prepareNode, suspendNode } from "./node/lifecycle.ts";
export { deleteNode, isAlive, nodeHealth as clusterStatus, stopNode as stopCluster } from "./node/lifecycle.ts";

/** Administrator's access to an embedded cluster, while it is there. */
export function kubeconfigFile(clusterName: string): string {
  return join(nodeFolder(clusterName), "kubeconfig");
}

/**
 * Starts a node that was stopped, as it was: but without the ports of its own for which somebody else listens by now.
 * The next update gives it the ports that its config says.
 */
export async function startCluster(clusterName: string, progress?: Progress): Promise<void> {
  const spec = savedSpec(nodeFolder(clusterName));
  if (spec === undefined) return;
  try {
    await startNode(spec, progress);
  } catch (error) {
    if (!(error instanceof ActionableError && error.code === "port-in-use")) throw error;
    progress?.(error.message);
    await startNode({ ...spec, publish: await freeOf(spec.publish) }, progress);
  }
}

/** As `volume-usage.ts`' own, which is loaded when it is called: few commands need a cluster's client, and it is large. */
export async function volumesOf(clusterName: string, kubeconfig: string): Promise<Volume[]> {
  return (await import("./node/volume-usage.ts")).volumesOf(clusterName, kubeconfig);
}

/** Whether certificates of an embedded cluster are due for a renewal, which its next start or `up` brings. */
export async function areCertificatesDue(clusterName: string): Promise<boolean> {
  return (await import("./node/credentials.ts")).areCredentialsDue(nodeFolder(clusterName));
}
