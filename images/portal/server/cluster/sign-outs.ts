import { setTimeout as delay } from "node:timers/promises";
import { CoreV1Api, PatchStrategy, setHeaderOptions, type KubeConfig } from "@kubernetes/client-node";
import { PortalError } from "../errors.ts";
import type { SignOutStore } from "../sign-outs.ts";
import { plainError } from "./api-error.ts";

const NAME = "sign-outs";
const RETRY_MS = 500;

export interface ClusterSignOutsOptions {
  readonly warn: (message: string, error: Error) => void;
  readonly retryMs?: number;
}

/** In a ConfigMap of the portal's own namespace: a session's id opens nothing without the key that sessions are signed with. */
export class ClusterSignOuts implements SignOutStore {
  readonly #core: CoreV1Api;
  readonly #object: { namespace: string; name: string };
  readonly #options: ClusterSignOutsOptions;

  constructor(kubeConfig: KubeConfig, options: ClusterSignOutsOptions) {
    this.#core = kubeConfig.makeApiClient(CoreV1Api);
    this.#object = { namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default", name: NAME };
    this.#options = options;
  }

  /** Waits for the API server: a portal that knew of no sign-out would let signed-out sessions in. */
  async read(): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      try {
        const { data = {} } = await this.#core.readNamespacedConfigMap(this.#object);
        return new Map(Object.entries(data).map(([sid, until]) => [sid, Number(until)]));
      } catch (error) {
        this.#options.warn("sign-outs not readable yet", plainError(error));
        await delay(this.#options.retryMs ?? RETRY_MS);
      }
    }
  }

  /** A merge patch (RFC 7396) names nothing but what changes, so that nothing else is lost. */
  async change(changes: ReadonlyMap<string, number | undefined>): Promise<void> {
    const data = Object.fromEntries([...changes].map(([sid, until]) => [sid, until === undefined ? null : String(Math.ceil(until))]));
    try {
      await this.#core.patchNamespacedConfigMap({ ...this.#object, body: { data } }, setHeaderOptions("Content-Type", PatchStrategy.MergePatch));
    } catch (error) {
      throw new PortalError(503, "sign_out_not_kept", "You are signed out, but the portal could not write that down: ask its keeper to look at its log.", { cause: plainError(error) });
    }
  }
}
