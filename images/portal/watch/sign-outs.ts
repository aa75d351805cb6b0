import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { plainError } from "../../pod/api-error.ts";
import { PortalError } from "../entrance/errors.ts";
import type { SignOutStore } from "../identity/sign-outs.ts";
import { ownNamespace, WatchedConfigMap, type Data, type WatchedConfigMapOptions } from "./watched-config-map.ts";

const NAME = "sign-outs";

/**
 * In a ConfigMap of the portal's own namespace: a session's id opens nothing without the key that sessions are signed
 * with. It is followed, as `npm run link -- --end-sessions` writes there, too.
 */
export class ClusterSignOuts implements SignOutStore {
  readonly #core: CoreV1Api;
  readonly #object: { namespace: string; name: string };
  readonly #watched: WatchedConfigMap;

  constructor(options: Omit<WatchedConfigMapOptions, "name">) {
    this.#core = options.kubeConfig.makeApiClient(CoreV1Api);
    this.#object = { namespace: ownNamespace(options.kubeConfig), name: NAME };
    this.#watched = new WatchedConfigMap({ ...options, name: NAME });
  }

  /** Waits for the API server: a portal that knew of no sign-out would let signed-out sessions in. */
  async read(): Promise<ReadonlyMap<string, number>> {
    return entries(await this.#watched.read());
  }

  onChange(listener: (all: ReadonlyMap<string, number>) => void): void {
    this.#watched.onChange((data) => listener(entries(data)));
  }

  /** A merge patch (RFC 7396) names nothing but what changes, so that nothing else is lost. */
  async change(changes: ReadonlyMap<string, number | undefined>): Promise<void> {
    const data = Object.fromEntries([...changes].map(([key, time]) => [key, time === undefined ? null : String(time)]));
    try {
      await this.#core.patchNamespacedConfigMap(
        { ...this.#object, body: { data } },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
    } catch (error) {
      throw new PortalError(
        503,
        "sign_out_not_kept",
        "You are signed out, but the portal could not write that down: ask its keeper to look at its log.",
        { cause: plainError(error) },
      );
    }
  }

  stop(): void {
    this.#watched.stop();
  }
}

function entries(data: Data): ReadonlyMap<string, number> {
  return new Map(Object.entries(data).map(([key, time]) => [key, Number(time)]));
}
