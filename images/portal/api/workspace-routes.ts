import type { FastifyInstance } from "fastify";
import { streamWorkspaces } from "./workspace-stream.ts";
import { requireSession } from "./request-session.ts";
import type { Services } from "./services.ts";
import { listed, visibleWorkspaces } from "./visible-workspaces.ts";

/** The workspaces and apps that a person sees: as a list, and as it changes. */
export function registerWorkspaces(app: FastifyInstance, services: Services): void {
  app.get("/api/workspaces", async (request) => {
    const session = await requireSession(request, services);
    return { workspaces: visibleWorkspaces(session.sub, services, services.hosts.of(request)) };
  });

  app.get("/api/workspaces/live", async (request, reply) => {
    const session = await requireSession(request, services);
    const site = services.hosts.of(request);
    return streamWorkspaces(reply, session, services, (workspace) => listed(workspace, session.sub, services, site));
  });
}
