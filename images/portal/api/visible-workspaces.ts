import type { Site } from "../entrance/hosts.ts";
import { mayOpen, type Workspace } from "../guild/workspaces.ts";
import type { Services } from "./services.ts";
import type { ListedWorkspace } from "./types.ts";

type Seeing = Pick<Services, "admins" | "directory" | "machine">;

/** @returns the workspaces and apps a person may see: what is theirs or they may open, and all of them for an admin */
export function visibleWorkspaces(handle: string, services: Seeing, site: Site): ListedWorkspace[] {
  return services.directory
    .list()
    .map((workspace) => listed(workspace, handle, services, site))
    .filter((workspace) => workspace !== undefined)
    .sort((a, b) => Number(b.mine) - Number(a.mine) || a.id.localeCompare(b.id, "en"));
}

/** @returns undefined where that person doesn't see it */
export function listed(
  workspace: Workspace,
  handle: string,
  services: Seeing,
  site: Site,
): ListedWorkspace | undefined {
  const mine = workspace.owner === handle;
  const openable = mayOpen(workspace, handle);
  if (!openable && !services.admins.has(handle)) return undefined;
  const homeNearlyFull =
    mine && workspace.visibility === undefined && services.machine.state.fullHomes.has(workspace.id);
  return { ...workspace, mine, openable, url: site.appOrigin(workspace.id), ...(homeNearlyFull && { homeNearlyFull }) };
}
