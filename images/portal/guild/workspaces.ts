import type { Readiness } from "../../pod/health.ts";

/** What the portal knows right now of a workspace, or of an app, which it serves alike. */
export interface Workspace {
  readonly id: string;
  /** The handle of the person it belongs to: of a workspace, the only one who may open it. */
  readonly owner: string;
  /** Of an app: who may open it. A workspace has none. */
  readonly visibility?: Visibility;
  readonly state: WorkspaceState;
  /** Kubernetes' own word for why, e.g. `ImagePullBackOff`. */
  readonly reason?: string;
  /** Kubernetes' own sentence for why. */
  readonly message?: string;
  /** ISO 8601; when it came into this state, where that is known. */
  readonly since?: string;
}

/** An app's owner alone, whoever is signed in, or everybody. */
export type Visibility = "private" | "members" | "public";

export type WorkspaceState = "stopped" | "starting" | "running" | "failed";

/** @param handle of the person who asks; undefined for whoever is not signed in */
export function mayOpen({ owner, visibility }: Workspace, handle: string | undefined): boolean {
  if (visibility === "public") return true;
  return visibility === "members" ? handle !== undefined : handle === owner;
}

/** Which workspaces there are. Implementations: the cluster (`watch/`), and memory for tests. */
export interface WorkspaceDirectory {
  list(): readonly Workspace[];
  get(id: string): Workspace | undefined;
  readiness(): Readiness;
  /** Calls back with the id of each workspace that came, went or changed. @returns how to stop that */
  onChange(listener: (id: string) => void): () => void;
}

/** Where the proxy sends a request. Never made from anything but a workspace's id and a port name. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that the certificate of `host` is from. A workspace or an app has none, and is asked in plain. */
  readonly authority?: string;
}

/** What it takes to reach into a workspace. */
export interface WorkspaceAccess {
  /** @param portName name or number of one of its ports. @returns undefined where the workspace has no such port */
  upstream(id: string, portName: string): Promise<Upstream | undefined>;
  /**
   * The value of the cookie that opens the workspace's IDE.
   * @param options.fresh read it again: the IDE refused the one remembered
   */
  ideSession(id: string, options?: { readonly fresh?: boolean }): Promise<string>;
}
