import { readServices, reachOf, type Service } from "./addresses.ts";
import { readKubeconfig } from "../../provider/cluster/kubeconfig.ts";
import { listPods, whyNotReady } from "../../provider/cluster/pods.ts";
import { ApiServer } from "../../provider/cluster/server.ts";
import {
  workloadKinds,
  workloadOf,
  workloadPaths,
  type Health,
  type Workload,
  type WorkloadName,
} from "../../images/pod/workloads.ts";

/** Milliseconds without a word after which the API server is given up. */
const patience = 5000;

/** How a workload is. */
export interface Observed extends Health {
  /** Where its pods are reached in the cluster, or beyond it where they have an address of their own; undefined where nowhere. */
  readonly address?: string;
}

export interface ObservedCluster {
  /** URL of its API server. */
  readonly server: string;
  readonly version: string;
  /** How each of the workloads is, in the order they were asked for. */
  readonly workloads: readonly Observed[];
  /** All there are in the namespaces that were asked for. */
  readonly inNamespaces: readonly (WorkloadName & Observed)[];
}

/**
 * Asks a cluster how workloads of it are, by a handful of lists however many they are.
 *
 * @param namespaces of which every workload is told.
 * @throws Unreachable; ActionableError `cluster-refused`, `kubeconfig-incomplete`.
 */
export async function observeCluster(
  kubeconfig: string,
  names: readonly WorkloadName[],
  namespaces: readonly string[] = [],
): Promise<ObservedCluster> {
  const server = new ApiServer(readKubeconfig(kubeconfig), patience);
  const kinds = namespaces.length > 0 ? workloadKinds : [...new Set(names.map(({ kind }) => kind))];
  const [version, services, ...lists] = await Promise.all([
    server.version(),
    server.list("/api/v1/services", "Services").then(readServices),
    ...kinds.map(
      async (kind) =>
        [kind, (await server.list(workloadPaths[kind], `${kind}s`)).map((object) => workloadOf(kind, object))] as const,
    ),
  ]);
  const found = new Map(lists);
  const workloads = await Promise.all(
    names.map(async ({ kind, namespace, name }) => {
      const workload = found.get(kind)?.find((one) => one.namespace === namespace && one.name === name);
      return workload === undefined
        ? { state: `${kind} ${namespace}/${name} is gone`, condition: "ill" as const }
        : observed(server, workload, services);
    }),
  );
  const within = lists.flatMap(([kind, all]) =>
    all.filter(({ namespace }) => namespaces.includes(namespace)).map((workload) => ({ kind, workload })),
  );
  const inNamespaces = await Promise.all(
    within.map(async ({ kind, workload }) => ({
      kind,
      namespace: workload.namespace,
      name: workload.name,
      ...(await observed(server, workload, services)),
    })),
  );
  return { server: server.url, version, workloads, inNamespaces };
}

async function observed(server: ApiServer, workload: Workload, services: readonly Service[]): Promise<Observed> {
  const { address, waiting } = reachOf(workload.namespace, workload.podLabels, services);
  const { state, condition } = workload;
  const where = address === undefined ? {} : { address };
  if (condition === "ill")
    return {
      ...where,
      condition,
      state: [state, await whyIll(server, workload)].filter((words) => words !== undefined).join(": "),
    };
  if (condition === "well" && waiting !== undefined)
    return { ...where, condition: "ill", state: `${state}, but the Service ${waiting} has no address yet` };
  return { ...where, condition, state };
}

/** What its first pod that is not ready says; where there is none, what kept pods from being made. */
async function whyIll(server: ApiServer, { namespace, selector, refusal }: Workload): Promise<string | undefined> {
  if (selector === undefined) return undefined;
  const pods = await listPods(
    server,
    namespace,
    Object.entries(selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
  );
  // A pod that was evicted stays for good, and is not the one that is waited for.
  const staying = pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && !["Failed", "Succeeded"].includes(status.phase ?? ""),
  );
  return (
    staying.map(whyNotReady).find((words) => words !== undefined) ??
    refusal ??
    (staying.length === 0 ? "no pod yet" : undefined)
  );
}
