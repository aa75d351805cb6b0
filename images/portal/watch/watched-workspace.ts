import type { AppsV1Api, CoreV1Api, KubeConfig, V1Deployment, V1Namespace, V1Pod } from "@kubernetes/client-node";
import type { Workspace } from "../guild/workspaces.ts";
import type { Kind } from "./kinds.ts";
import { liveState, type LiveState } from "./state.ts";
import { WatchedList } from "./watched-list.ts";

export const OWNER_LABEL = "guildnet.io/owner";

export interface ClusterApis {
  readonly kubeConfig: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
}

export interface WatchedWorkspaceOptions extends ClusterApis {
  readonly id: string;
  readonly kind: Kind;
  readonly onChange: () => void;
  readonly onError: (error: Error) => void;
  readonly retryMs?: number;
}

/** One workspace's namespace: its Deployment and pods, watched there and nowhere else, as the portal's rights allow. */
export class WatchedWorkspace {
  readonly #id: string;
  readonly #kind: Kind;
  readonly #deployments: WatchedList<V1Deployment>;
  readonly #pods: WatchedList<V1Pod>;

  constructor({ id, kind, kubeConfig, core, apps, onChange, onError, retryMs }: WatchedWorkspaceOptions) {
    this.#id = id;
    this.#kind = kind;
    const namespace = kind.namespaceOf(id);
    this.#deployments = new WatchedList<V1Deployment>({
      kubeConfig,
      onChange,
      onError,
      retryMs,
      onSynced: onChange,
      path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
      list: () => apps.listNamespacedDeployment({ namespace }),
    });
    this.#pods = new WatchedList<V1Pod>({
      kubeConfig,
      onChange,
      onError,
      retryMs,
      onSynced: onChange,
      path: `/api/v1/namespaces/${namespace}/pods`,
      list: () => core.listNamespacedPod({ namespace }),
    });
  }

  get settled(): Promise<unknown> {
    return Promise.all([this.#deployments.settled, this.#pods.settled]);
  }

  /** @returns undefined where the namespace alone is there: of one that was removed it holds what is kept */
  view(namespace: V1Namespace): Workspace | undefined {
    if (!namespace.metadata?.deletionTimestamp && this.#isEmpty) return undefined;
    const owner = namespace.metadata?.labels?.[OWNER_LABEL] ?? "";
    return { id: this.#id, owner, ...this.#kind.about(namespace), ...this.#state(namespace) };
  }

  stop(): void {
    void this.#deployments.stop();
    void this.#pods.stop();
  }

  /** Its rights are given and taken with the Deployment. */
  get #isEmpty(): boolean {
    return this.#deployments.synced ? this.#deployment === undefined : this.#deployments.refused;
  }

  get #deployment(): V1Deployment | undefined {
    return this.#deployments.items().find(({ metadata }) => metadata?.name === this.#kind.object);
  }

  #state(namespace: V1Namespace): LiveState {
    if (namespace.metadata?.deletionTimestamp)
      return { state: "stopped", reason: "Terminating", message: `The ${this.#kind.object} is being removed.` };
    if (!this.#deployments.synced || !this.#pods.synced) {
      return { state: "starting", reason: "Unknown", message: `The portal cannot see this ${this.#kind.object} yet.` };
    }
    const deployment = this.#deployment;
    return liveState(
      deployment,
      this.#pods.items().filter((pod) => belongsTo(pod, deployment)),
    );
  }
}

function belongsTo({ metadata }: V1Pod, deployment: V1Deployment | undefined): boolean {
  const selector = Object.entries(deployment?.spec?.selector?.matchLabels ?? {});
  return selector.every(([name, value]) => metadata?.labels?.[name] === value);
}
