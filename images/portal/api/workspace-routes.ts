import type { FastifyInstance } from "fastify";
import type { Site } from "../entrance/hosts.ts";
import { mayOpen, type Workspace } from "../guild/workspaces.ts";
import type { Session } from "../identity/sessions.ts";
import { streamWorkspaces } from "./workspace-stream.ts";
import { requireSession } from "./request-session.ts";
import type { Services } from "./services.ts";
import type { ListedWorkspace } from "./types.ts";

/** The workspaces and apps that a person sees: as a list, and as it changes. */
export function registerWorkspaces(app: FastifyInstance, services: Services): void {
  app.get("/api/workspaces", async (request) => {
    const session = await requireSession(request, services);
    return { workspaces: visibleWorkspaces(session, services, services.hosts.of(request)) };
  });

  app.get("/api/workspaces/live", async (request, reply) => {
    const session = await requireSession(request, services);
    const site = services.hosts.of(request);
    return streamWorkspaces(reply, session, services, (workspace) => listed(workspace, session, services, site));
  });
}

/** @returns the workspaces and apps a person may see: what is theirs or they may open, and all of them for an admin */
function visibleWorkspaces(session: Session, services: Services, site: Site): ListedWorkspace[] {
  return services.directory
    .list()
    .map((workspace) => listed(workspace, session, services, site))
    .filter((workspace) => workspace !== undefined)
    .sort((a, b) => Number(b.mine) - Number(a.mine) || a.id.localeCompare(b.id, "en"));
}

function listed(workspace: Workspace, session: Session, services: Services, site: Site): ListedWorkspace | undefined {
  const mine = workspace.owner === session.sub;
  const openable = mayOpen(workspace, session.sub);
  if (!openable && !services.admins.has(session.sub)) return undefined;
  const homeNearlyFull =
    mine && workspace.visibility === undefined && services.machine.state.fullHomes.has(workspace.id);
  return { ...workspace, mine, openable, url: site.appOrigin(workspace.id), ...(homeNearlyFull && { homeNearlyFull }) };
}
