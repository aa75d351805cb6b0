import type { Hosts } from "./hosts.ts";
import type { Leases } from "./leases.ts";
import type { Members } from "./members.ts";
import type { Sessions } from "./sessions.ts";
import type { SignInLinks } from "./sign-in.ts";
import type { WorkspaceAccess, WorkspaceDirectory } from "./workspaces.ts";

/** What the portal's parts share. Made once, in `portal.ts`. */
export interface Services {
  readonly hosts: Hosts;
  readonly guildName: string;
  readonly admins: ReadonlySet<string>;
  readonly directory: WorkspaceDirectory;
  readonly access: WorkspaceAccess;
  readonly members: Members;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
  readonly leases: Leases;
  /** Where the built pages lie. */
  readonly uiDirectory: string;
}
