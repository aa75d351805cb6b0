import type { Workspace } from "./workspaces.ts";

/** `GET /api/me` */
export interface Me {
  readonly handle: string;
  readonly admin: boolean;
  readonly guild: string;
  /** ISO 8601; when this session ends if it is not used any more. */
  readonly expires: string;
}

/** One row of `GET /api/workspaces`. */
export interface ListedWorkspace extends Workspace {
  readonly url: string;
  readonly mine: boolean;
  /** False for an admin who sees what another keeps to themselves. */
  readonly openable: boolean;
}

/** `GET /api/events` sends these as server-sent events: `snapshot` first, then one event per change. */
export interface LiveEvents {
  readonly snapshot: { readonly workspaces: readonly ListedWorkspace[] };
  readonly change: { readonly workspace: ListedWorkspace };
  readonly remove: { readonly id: string };
}

/** `GET /.guildnet/state` on a workspace's host, for the page that waits for it. */
export interface WaitingState {
  readonly workspace: Workspace;
  /** True once the workspace answers, so that loading the page again will show it. */
  readonly answers: boolean;
  readonly portal: string;
}
