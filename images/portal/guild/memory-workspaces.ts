import { EventEmitter } from "node:events";
import type { Readiness } from "../../pod/health.ts";
import type { Upstream, Workspace, WorkspaceAccess, WorkspaceDirectory } from "./workspaces.ts";

/** Workspaces without a cluster, for tests and for working on the pages. */
export class MemoryWorkspaces implements WorkspaceDirectory, WorkspaceAccess {
  readonly #workspaces = new Map<string, Workspace>();
  readonly #upstreams = new Map<string, Upstream>();
  readonly #changes = new EventEmitter();
  readonly #sessions = new Map<string, string[]>();
  ready: Readiness = { ready: true, reason: "ok" };

  put(workspace: Workspace): void {
    this.#workspaces.set(workspace.id, workspace);
    this.#changes.emit("change", workspace.id);
  }

  remove(id: string): void {
    this.#workspaces.delete(id);
    this.#changes.emit("change", id);
  }

  /** @param sessions the IDE session the portal reads first, then the ones it finds when it reads again */
  connect(id: string, portName: string, upstream: Upstream, sessions: readonly string[] = ["ide-session"]): void {
    this.#upstreams.set(`${portName}/${id}`, upstream);
    this.#sessions.set(id, [...sessions]);
  }

  list(): readonly Workspace[] {
    return [...this.#workspaces.values()];
  }

  get(id: string): Workspace | undefined {
    return this.#workspaces.get(id);
  }

  readiness(): Readiness {
    return this.ready;
  }

  onChange(listener: (id: string) => void): () => void {
    this.#changes.on("change", listener);
    return () => this.#changes.off("change", listener);
  }

  async upstream(id: string, portName: string): Promise<Upstream | undefined> {
    return this.#upstreams.get(`${portName}/${id}`);
  }

  async ideSession(id: string, options?: { readonly fresh?: boolean }): Promise<string> {
    const sessions = this.#sessions.get(id) ?? [];
    if (options?.fresh && sessions.length > 1) sessions.shift();
    const session = sessions[0];
    if (session === undefined) throw new Error(`no IDE session for ${id}`);
    return session;
  }
}
