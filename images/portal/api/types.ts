import type { SeenEvent } from "../guild/event-feed.ts";
import type { SystemState } from "../guild/systems.ts";
import type { Workspace } from "../guild/workspaces.ts";

// What of other folders goes over the wire: the pages import nothing but this file.
export type { EventData, EventType, Source } from "../../../events/index.ts";
export type { ErrorBody } from "../entrance/errors.ts";
export type { SeenEvent } from "../guild/event-feed.ts";
export type { SystemState } from "../guild/systems.ts";
export type { Workspace, WorkspaceState } from "../guild/workspaces.ts";

/** `GET /api/me` */
export interface Me {
  readonly handle: string;
  readonly admin: boolean;
  readonly guild: string;
  /** ISO 8601; when this session ends if it is not used any more. */
  readonly expires: string;
  /** Handles of whom to ask for what a person can't do. */
  readonly ask: readonly string[];
  /** Whether the guild has an event bus. */
  readonly events: boolean;
  /** Pages that systems of the guild have, each on a host of its own. */
  readonly pages: readonly { readonly title: string; readonly url: string }[];
}

/** Details of `signed_out`, for who has to find a way in. */
export interface SignInHelp {
  readonly guild: string;
  /** Handles of whom to ask for a link. */
  readonly ask: readonly string[];
  /** What they run to make one, but for the person's name. */
  readonly link_command?: string;
}

/** `POST /api/link`: what a sign-in link would do. */
export interface LinkInfo {
  readonly guild: string;
  /** Whom it signs in. */
  readonly handle: string;
  /** Who is signed in now. */
  readonly signed_in?: string;
}

/** Details of `link_*`: what else the person may do. */
export interface LinkErrorDetails {
  readonly ask: readonly string[];
  readonly signed_in?: string;
}

/** One row of `GET /api/workspaces`. */
export interface ListedWorkspace extends Workspace {
  readonly url: string;
  readonly mine: boolean;
  /** False for an admin who sees what another keeps to themselves. */
  readonly openable: boolean;
  /** Told to whose home it is. */
  readonly homeNearlyFull?: true;
}

/** What everybody should know of the machine that the workspaces are on. */
export interface MachineNotice {
  /** What is left of its disk, for instance "3.2 GiB", where that is little. */
  readonly diskFree?: string;
}

/** `GET /api/workspaces/live` sends these as server-sent events: `snapshot` first, then one event per change. */
export interface LiveWorkspaces {
  readonly snapshot: { readonly workspaces: readonly ListedWorkspace[]; readonly machine: MachineNotice };
  readonly machine: MachineNotice;
  readonly change: { readonly workspace: ListedWorkspace };
  readonly remove: { readonly id: string };
}

/** `GET /api/events` sends these as server-sent events: what is kept, oldest first, then `caughtUp`, then each as it is said. */
export interface LiveEvents {
  /** First of all, and whenever it went away or came back. */
  readonly bus: { readonly connected: boolean };
  readonly said: SeenEvent;
  readonly caughtUp: {
    /** How many were left out, at most, since the page was here last. */
    readonly missed: number;
  };
}

/** `GET /api/systems`, for admins alone. */
export interface SystemList {
  readonly systems: readonly SystemState[];
}

/** `GET /.guildnet/state` on a workspace's host, for the page that waits for it. */
export interface WaitingState {
  readonly workspace: Workspace;
  /** True once the workspace answers, so that loading the page again will show it. */
  readonly answers: boolean;
  readonly portal: string;
}
