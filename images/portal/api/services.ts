import type { GateParts } from "../entrance/gate.ts";
import type { EventFeed } from "../guild/event-feed.ts";
import type { Machine } from "../guild/machine.ts";
import type { Publications } from "../guild/publications.ts";
import type { SystemPages } from "../guild/system-pages.ts";
import type { Systems } from "../guild/systems.ts";
import type { Members } from "../identity/members.ts";
import type { SignInLinks } from "../identity/sign-in-links.ts";
import type { WorkspaceHostParts } from "../proxy/workspace-host.ts";

/** What the portal's parts share. Made once, in `portal.ts`. */
export interface Services extends GateParts, WorkspaceHostParts {
  readonly guildName: string;
  /** How its keeper makes a sign-in link, but for the person's name. */
  readonly linkCommand?: string;
  readonly admins: ReadonlySet<string>;
  readonly members: Members;
  readonly machine: Machine;
  readonly systems: Systems;
  readonly pages: readonly SystemPages[];
  readonly events: EventFeed;
  readonly publications: Publications;
  readonly links: SignInLinks;
}
