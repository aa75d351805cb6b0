import { ApiException, AppsV1Api, BatchV1Api, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { plainError } from "../../pod/api-error.ts";
import { toldApart, type Declared } from "../../pod/workload-words.ts";
import { inService, workloadKinds, workloadOf, type WorkloadName } from "../../pod/workloads.ts";
import type { Systems, SystemState } from "../guild/systems.ts";
import { ownNamespace } from "./watched-config-map.ts";

/** Name of the ConfigMap in the portal's own namespace. */
export const SYSTEMS = "systems";

const list = z.array(
  z.object({
    component: z.object({ type: z.string(), name: z.string() }),
    kind: z.enum(workloadKinds),
    namespace: z.string(),
    name: z.string(),
    address: z.string().optional(),
  }),
);

/**
 * The workloads that the stack wrote down as its systems', each looked at by its name, which is all that the portal may.
 * Asked when somebody looks and not watched: a watch would need the right to list all that is beside them.
 */
export class ClusterSystems implements Systems {
  readonly #kubeConfig: KubeConfig;
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  readonly #batch: BatchV1Api;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
    this.#core = kubeConfig.makeApiClient(CoreV1Api);
    this.#apps = kubeConfig.makeApiClient(AppsV1Api);
    this.#batch = kubeConfig.makeApiClient(BatchV1Api);
  }

  async look(): Promise<SystemState[]> {
    const { data } = await this.#core
      .readNamespacedConfigMap({ namespace: ownNamespace(this.#kubeConfig), name: SYSTEMS })
      .catch((error: unknown) => {
        throw plainError(error);
      });
    return Promise.all(
      systemsIn(data).map(async ({ what, workload, address }) => ({
        what,
        where: `${workload.namespace}/${workload.name}`,
        ...(address !== undefined && { address }),
        ...(await this.#stateOf(workload)),
      })),
    );
  }

  async #stateOf(workload: WorkloadName): Promise<Pick<SystemState, "state" | "healthy">> {
    try {
      // As it came over the wire: the client makes dates of what was text.
      return inService(workloadOf(workload.kind, JSON.parse(JSON.stringify(await this.#read(workload)))));
    } catch (error) {
      if (!(error instanceof ApiException)) throw plainError(error);
      return {
        state:
          error.code === 404
            ? `${workload.kind} ${workload.namespace}/${workload.name} is gone`
            : `not looked at: ${plainError(error).message}`,
        healthy: false,
      };
    }
  }

  #read({ kind, namespace, name }: WorkloadName): Promise<object> {
    switch (kind) {
      case "Deployment":
        return this.#apps.readNamespacedDeployment({ namespace, name });
      case "StatefulSet":
        return this.#apps.readNamespacedStatefulSet({ namespace, name });
      case "DaemonSet":
        return this.#apps.readNamespacedDaemonSet({ namespace, name });
      case "CronJob":
        return this.#batch.readNamespacedCronJob({ namespace, name });
    }
  }
}

/** What the stack wrote down, in the words of `npm run status`. */
export function systemsIn({ workloads = "[]" }: Readonly<Record<string, string>> = {}): (Declared & {
  address?: string;
})[] {
  const written = list.parse(JSON.parse(workloads));
  return toldApart(written.map(({ component, address: _, ...workload }) => ({ component, workload }))).map((each) => {
    const { kind, namespace, name } = each.workload;
    const address = written.find(
      (one) => one.kind === kind && one.namespace === namespace && one.name === name,
    )?.address;
    return { ...each, ...(address !== undefined && { address }) };
  });
}
