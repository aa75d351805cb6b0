import type { CoreV1Api } from "@kubernetes/client-node";
import { plainError } from "../../pod/api-error.ts";
import { IDE_PORT } from "../../pod/names.ts";
import { PortalError } from "../entrance/errors.ts";
import type { Upstream, WorkspaceAccess } from "../guild/workspaces.ts";
import { appKind, workspaceKind, type Kind } from "./kinds.ts";

const SECRET = "ide-access";
const SECRET_KEY = "session";
const IDE_PORT_NUMBER = 8080;
const PORTS_FRESH_MS = 10_000;
/** Between two readings of one key because an IDE refused it: a broken IDE must not turn into load on the API server. */
const KEY_FRESH_MS = 2_000;

interface Kept<V> {
  readonly at: number;
  readonly value: Promise<V>;
}

/** Reaches workspaces through the cluster's DNS, and reads their IDE keys and ports from the API. */
export class ClusterAccess implements WorkspaceAccess {
  readonly #core: CoreV1Api;
  readonly #clusterDomain: string;
  readonly #kindOf: (id: string) => Kind;
  readonly #sessions = new Map<string, Kept<string>>();
  readonly #ports = new Map<string, Kept<ReadonlyMap<string, number>>>();

  /** @param kindOf what an id stands for right now */
  constructor(core: CoreV1Api, clusterDomain: string, kindOf: (id: string) => Kind) {
    this.#core = core;
    this.#kindOf = kindOf;
    this.#clusterDomain = clusterDomain;
  }

  async upstream(id: string, portName: string): Promise<Upstream | undefined> {
    // The dot at the end makes the name absolute, which saves a query per search domain of the pod's resolver.
    const kind = this.#kindOf(id);
    const host = `${kind.object}.${kind.namespaceOf(id)}.svc.${this.#clusterDomain}.`;
    if (kind === workspaceKind && portName === IDE_PORT) return { host, port: IDE_PORT_NUMBER };
    const ports = await kept(this.#ports, `${kind.object}/${id}`, PORTS_FRESH_MS, () => this.#readPorts(id, kind));
    const port = ports.get(portName);
    return port === undefined ? undefined : { host, port };
  }

  ideSession(id: string, options?: { readonly fresh?: boolean }): Promise<string> {
    return kept(this.#sessions, id, options?.fresh ? KEY_FRESH_MS : Infinity, () => this.#readSession(id));
  }

  /** Drops what is remembered of a workspace that went: another may come under its name. */
  forget(id: string): void {
    this.#sessions.delete(id);
    for (const { object } of [workspaceKind, appKind]) this.#ports.delete(`${object}/${id}`);
  }

  async #readSession(id: string): Promise<string> {
    const secret = await this.#core
      .readNamespacedSecret({ namespace: workspaceKind.namespaceOf(id), name: SECRET })
      .catch((error: unknown) => {
        throw new PortalError(502, "ide_key_unreadable", `The key of the workspace ${id} cannot be read.`, {
          cause: plainError(error),
        });
      });
    const session = Buffer.from(secret.data?.[SECRET_KEY] ?? "", "base64")
      .toString("utf8")
      .trim();
    // Goes into a header as it is, so nothing that could end the value, or the header, may be in it.
    if (!/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(session)) {
      throw new PortalError(
        502,
        "ide_key_unreadable",
        `The secret ${SECRET} of the workspace ${id} has no usable "${SECRET_KEY}".`,
      );
    }
    return session;
  }

  async #readPorts(id: string, { namespaceOf, object }: Kind): Promise<ReadonlyMap<string, number>> {
    const service = await this.#core
      .readNamespacedService({ namespace: namespaceOf(id), name: object })
      .catch((error: unknown) => {
        throw new PortalError(502, "ports_unreadable", `The ports of the ${object} ${id} cannot be read.`, {
          cause: plainError(error),
        });
      });
    // By number as well, which no name is: what an editor makes of a link to localhost. Its own port goes by its name alone, with its key.
    return new Map(
      (service.spec?.ports ?? []).flatMap(({ name = "", port }): [string, number][] => [
        [name, port],
        ...(name === IDE_PORT ? [] : [[String(port), port] as [string, number]]),
      ]),
    );
  }
}

/** Many requests at once share one reading; a failed one is forgotten. */
function kept<V>(store: Map<string, Kept<V>>, key: string, freshMs: number, read: () => Promise<V>): Promise<V> {
  const known = store.get(key);
  if (known && Date.now() - known.at < freshMs) return known.value;
  const entry = { at: Date.now(), value: read() };
  store.set(key, entry);
  entry.value.catch(() => store.get(key) === entry && store.delete(key));
  return entry.value;
}
