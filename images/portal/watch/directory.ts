import { EventEmitter } from "node:events";
import { isDeepStrictEqual } from "node:util";
import type { V1Namespace } from "@kubernetes/client-node";
import type { Readiness } from "../../pod/health.ts";
import { HANDLE, WORKSPACE_ID } from "../../pod/names.ts";
import type { Workspace, WorkspaceDirectory } from "../guild/workspaces.ts";
import type { Kind } from "./kinds.ts";
import { WatchedList } from "./watched-list.ts";
import { OWNER_LABEL, WatchedWorkspace, type ClusterApis } from "./watched-workspace.ts";

export interface ClusterDirectoryOptions extends ClusterApis {
  readonly kind: Kind;
  readonly warn: (message: string, error?: Error) => void;
  readonly retryMs?: number;
}

interface Entry {
  readonly uid: string;
  namespace: V1Namespace;
  readonly watched: WatchedWorkspace;
  shown: Workspace | undefined;
}

/** The workspaces, or apps, as the cluster has them: every namespace with their label, each followed by watches of its own. */
export class ClusterDirectory implements WorkspaceDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #options: ClusterDirectoryOptions;
  readonly #namespaces: WatchedList<V1Namespace>;
  #firstLook = false;

  constructor(options: ClusterDirectoryOptions) {
    this.#options = options;
    this.#namespaces = new WatchedList<V1Namespace>({
      kubeConfig: options.kubeConfig,
      retryMs: options.retryMs,
      path: "/api/v1/namespaces",
      labelSelector: options.kind.label,
      list: () => options.core.listNamespace({ labelSelector: options.kind.label }),
      onChange: (namespace, gone) => this.#namespaceChanged(namespace, gone),
      onError: (error) => options.warn("namespaces cannot be watched", error),
    });
    void this.#look();
  }

  list(): readonly Workspace[] {
    return [...this.#entries.values()].map(({ shown }) => shown).filter((workspace) => workspace !== undefined);
  }

  get(id: string): Workspace | undefined {
    return this.#entries.get(id)?.shown;
  }

  readiness(): Readiness {
    if (!this.#namespaces.synced) return { ready: false, reason: "the cluster's namespaces cannot be read yet" };
    if (!this.#firstLook) return { ready: false, reason: "the workspaces are being read" };
    return { ready: true, reason: "ok" };
  }

  onChange(listener: (id: string) => void): () => void {
    this.#changes.on("change", listener);
    return () => this.#changes.off("change", listener);
  }

  stop(): void {
    void this.#namespaces.stop();
    for (const { watched } of this.#entries.values()) watched.stop();
  }

  /** Ready means every workspace was looked at once. One that cannot be read (its rights come a moment later) keeps nobody waiting. */
  async #look(): Promise<void> {
    await this.#namespaces.settled;
    await Promise.all([...this.#entries.values()].map(({ watched }) => watched.settled));
    this.#firstLook = true;
  }

  #namespaceChanged(namespace: V1Namespace, gone: boolean): void {
    const id = namespace.metadata?.labels?.[this.#options.kind.label];
    if (id === undefined) return;
    const refused = rejection(namespace, id, this.#options.kind);
    if (refused) return this.#options.warn(refused);
    const uid = namespace.metadata?.uid ?? "";
    const known = this.#entries.get(id);
    if (gone) {
      if (known?.uid === uid) this.#forget(id, known);
      return;
    }
    if (known?.uid === uid) known.namespace = namespace;
    else this.#follow(id, uid, namespace, known);
    this.#update(id);
  }

  /** A namespace of the same name but another uid is another workspace: nothing of the old one's watches holds for it. */
  #follow(id: string, uid: string, namespace: V1Namespace, before: Entry | undefined): void {
    before?.watched.stop();
    const watched = new WatchedWorkspace({
      ...this.#options,
      id,
      onChange: () => this.#update(id),
      onError: (error) => this.#options.warn(`the ${this.#options.kind.object} ${id} cannot be watched`, error),
    });
    this.#entries.set(id, { uid, namespace, watched, shown: undefined });
    void watched.settled.then(() => this.#update(id));
  }

  #forget(id: string, { watched }: Entry): void {
    watched.stop();
    this.#entries.delete(id);
    this.#changes.emit("change", id);
  }

  #update(id: string): void {
    const entry = this.#entries.get(id);
    const now = entry?.watched.view(entry.namespace);
    if (!entry || isDeepStrictEqual(now, entry.shown)) return;
    entry.shown = now;
    this.#changes.emit("change", id);
  }
}

/** A label alone does not make a workspace: the namespace must bear the name the label claims, or it could pose as another's. */
function rejection({ metadata }: V1Namespace, id: string, { object, namespaceOf }: Kind): string | undefined {
  if (!WORKSPACE_ID.test(id) || metadata?.name !== namespaceOf(id)) {
    return `the namespace ${metadata?.name} is labelled as the ${object} "${id}", which must be called ${namespaceOf(id)}; left out`;
  }
  return HANDLE.test(metadata.labels?.[OWNER_LABEL] ?? "")
    ? undefined
    : `the ${object} ${id} has no owner its label could name; left out`;
}
