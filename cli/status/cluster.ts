import { clusterStatus } from "../../provider/control.ts";
import { isActionable } from "../../toolchain/errors.ts";
import type { WorkloadName } from "../../images/pod/workloads.ts";
import type { ObservedCluster } from "../cluster/observe.ts";
import type { Finding } from "./findings.ts";

/** What is known of the stack's cluster, and of what runs in it while it can be asked. */
export interface ClusterReport {
  readonly findings: readonly Finding[];
  readonly observed?: ObservedCluster;
}

/**
 * Asks the cluster how it and its workloads are. Never throws for a cluster that is stopped or out of reach: that is a finding.
 * @param embedded names of the clusters that the stack made on this machine
 * @param kubeconfig of the cluster that the stack's objects are in
 * @param namespaces whose every workload is asked for
 */
export async function clusterReport(
  embedded: readonly string[],
  kubeconfig: string,
  workloads: readonly WorkloadName[],
  namespaces: readonly string[] = [],
): Promise<ClusterReport> {
  const nodes = await Promise.all(
    embedded.map(async (name) => ({ what: `cluster ${name}`, health: await clusterStatus(name) })),
  );
  const findings = nodes.map(({ what, health }): Finding => ({
    what,
    state: health.ready ? "ready" : (health.reason ?? "not ready"),
    healthy: health.ready,
    where: "",
  }));
  if (findings.some(({ healthy }) => !healthy)) return { findings };
  try {
    // Loaded when it is called: few commands need a cluster's client, and it is large.
    const { observeCluster } = await import("../cluster/observe.ts");
    const observed = await observeCluster(kubeconfig, workloads, namespaces);
    if (findings.length === 0)
      return {
        findings: [{ what: "cluster", state: `${observed.version} answers`, healthy: true, where: observed.server }],
        observed,
      };
    return {
      findings: findings.map((finding) => ({
        ...finding,
        state: `ready, ${observed.version}`,
        where: observed.server,
      })),
      observed,
    };
  } catch (error) {
    if (!isActionable(error)) throw error;
    return {
      findings: [
        ...findings,
        {
          what: findings.length === 0 ? "cluster" : "what runs in it",
          state: error.message,
          healthy: false,
          where: "",
        },
      ],
    };
  }
}
