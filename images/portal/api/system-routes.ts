import type { FastifyInstance } from "fastify";
import { PortalError } from "../entrance/errors.ts";
import { requireSession } from "./request-session.ts";
import type { Services } from "./services.ts";
import type { SystemList } from "./types.ts";

/** How the guild's systems are, for its admins alone: others have nobody to ask but them. */
export function registerSystems(app: FastifyInstance, services: Services): void {
  app.get("/api/systems", async (request): Promise<SystemList> => {
    const session = await requireSession(request, services);
    if (!services.admins.has(session.sub))
      throw new PortalError(403, "admins_only", "Only the guild's admins see its systems.");
    const systems = await services.systems.look().catch((error: unknown) => {
      throw new PortalError(502, "systems_unreadable", "The cluster does not say which systems there are.", {
        cause: error,
      });
    });
    return { systems };
  });
}
