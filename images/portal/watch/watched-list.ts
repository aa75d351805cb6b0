import {
  ApiException,
  ListWatch,
  Watch,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";
import { plainError } from "../../pod/api-error.ts";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export interface WatchedListOptions<T extends KubernetesObject> {
  readonly kubeConfig: KubeConfig;
  /** The API path that is listed and watched, e.g. `/api/v1/namespaces`. */
  readonly path: string;
  readonly list: () => Promise<KubernetesListObject<T>>;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly onChange: (object: T, gone: boolean) => void;
  /** Once the whole list was read for the first time. */
  readonly onSynced?: () => void;
  /** After each attempt that failed; the next follows by itself. */
  readonly onError: (error: Error) => void;
  /** Before the first retry; doubles with each, up to 30 seconds. @default 500 */
  readonly retryMs?: number;
}

/**
 * A list of Kubernetes objects that stays current: listed once, then watched; listed again where the API server has
 * forgotten the place (410). client-node's informer does this but stops at the first error, so that it is started again here.
 */
export class WatchedList<T extends KubernetesObject> {
  readonly #informer;
  readonly #options: WatchedListOptions<T>;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  #synced = false;
  #refused = false;
  #settle: () => void = () => undefined;
  /** Resolves once the first attempt succeeded or failed. */
  readonly settled: Promise<void>;

  constructor(options: WatchedListOptions<T>) {
    this.#options = options;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    this.#informer = new ListWatch<T>(
      options.path,
      new Watch(options.kubeConfig),
      options.list,
      false,
      options.labelSelector,
      options.fieldSelector,
    );
    this.#informer.on("add", (object) => this.#changed(object, false));
    this.#informer.on("update", (object) => this.#changed(object, false));
    this.#informer.on("delete", (object) => this.#changed(object, true));
    this.#informer.on("error", (error: unknown) => this.#failed(error));
    void this.#start();
  }

  /** True while this program may not read the list. */
  get refused(): boolean {
    return this.#refused;
  }

  /** True once the whole list was read. Stays true while a lost watch is being taken up again. */
  get synced(): boolean {
    return this.#synced;
  }

  items(): readonly T[] {
    return this.#informer.list();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#settle();
    await this.#informer.stop();
  }

  async #start(): Promise<void> {
    const failuresBefore = this.#failures;
    await this.#informer.start().catch((error: unknown) => this.#failed(error));
    if (this.#failures > failuresBefore) return;
    this.#failures = 0;
    this.#refused = false;
    this.#settle();
    if (!this.#synced) {
      this.#synced = true;
      this.#options.onSynced?.();
    }
    // Stopped while it was starting: the informer did not have its connection to close yet.
    if (this.#stopped) await this.#informer.stop();
  }

  #changed(object: T, gone: boolean): void {
    this.#options.onChange(object, gone);
  }

  #failed(error: unknown): void {
    if (this.#stopped) return;
    this.#failures += 1;
    this.#refused = error instanceof ApiException && error.code === 403;
    this.#options.onError(plainError(error));
    this.#settle();
    const wait = Math.min((this.#options.retryMs ?? FIRST_RETRY_MS) * 2 ** (this.#failures - 1), LONGEST_RETRY_MS);
    clearTimeout(this.#retry);
    // Not all at once after an outage of the API server.
    this.#retry = setTimeout(() => void this.#start(), wait * (0.75 + Math.random() / 2));
  }
}
