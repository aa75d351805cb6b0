import { CoreV1Api, type KubeConfig, type V1ConfigMap } from "@kubernetes/client-node";
import { WatchedList } from "./watched-list.ts";

export interface WatchedConfigMapOptions {
  readonly kubeConfig: KubeConfig;
  readonly name: string;
  readonly warn: (message: string, error: Error) => void;
  readonly retryMs?: number;
}

export type Data = Readonly<Record<string, string>>;

/** The portal's own namespace. */
export function ownNamespace(kubeConfig: KubeConfig): string {
  return kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default";
}

/** One ConfigMap of the portal's own namespace, followed. One that is deleted is believed to be on its way back. */
export class WatchedConfigMap {
  readonly #list: WatchedList<V1ConfigMap>;
  readonly #listeners: ((data: Data) => void)[] = [];
  readonly #first: Promise<Data>;

  constructor({ kubeConfig, name, warn, retryMs }: WatchedConfigMapOptions) {
    const core = kubeConfig.makeApiClient(CoreV1Api),
      namespace = ownNamespace(kubeConfig),
      fieldSelector = `metadata.name=${name}`;
    let found: (data: Data) => void = () => undefined;
    this.#first = new Promise((resolve) => (found = resolve));
    this.#list = new WatchedList<V1ConfigMap>({
      kubeConfig,
      fieldSelector,
      retryMs,
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      list: () => core.listNamespacedConfigMap({ namespace, fieldSelector }),
      onChange: ({ data = {} }, gone) => {
        if (gone) return;
        found(data);
        for (const listener of this.#listeners) listener(data);
      },
      onError: (error) => warn(`${name} not readable yet`, error),
    });
  }

  /** Waits until it is there and can be read. */
  read(): Promise<Data> {
    return this.#first;
  }

  onChange(listener: (data: Data) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    void this.#list.stop();
  }
}
