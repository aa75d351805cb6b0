import type { ErrorPage } from "../entrance/error-page.ts";
import type { Hosts } from "../entrance/hosts.ts";
import type { Leases } from "../identity/leases.ts";
import type { Machine } from "../guild/machine.ts";
import type { Members } from "../identity/members.ts";
import type { Sessions } from "../identity/sessions.ts";
import type { Patience } from "../entrance/request-body.ts";
import type { SignInLinks } from "../identity/sign-in-links.ts";
import type { Upstreams } from "../proxy/upstream.ts";
import type { WorkspaceAccess, WorkspaceDirectory } from "../guild/workspaces.ts";

/** What the portal's parts share. Made once, in `portal.ts`. */
export interface Services {
  readonly hosts: Hosts;
  readonly guildName: string;
  /** How its keeper makes a sign-in link, but for the person's name. */
  readonly linkCommand?: string;
  readonly admins: ReadonlySet<string>;
  readonly directory: WorkspaceDirectory;
  readonly access: WorkspaceAccess;
  readonly members: Members;
  readonly machine: Machine;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
  readonly leases: Leases;
  readonly upstreams: Upstreams;
  readonly patience: Patience;
  readonly errorPage: ErrorPage;
  /** Where the built pages lie. */
  readonly uiDirectory: string;
}
