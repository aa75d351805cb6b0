import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { pathOf } from "../../pod/logging.ts";
import { httpApp } from "../entrance/http-app.ts";
import { OWN_PAGE_HEADERS } from "../entrance/own-headers.ts";
import { registerAssets } from "../entrance/pages.ts";
import { refuseCrossOrigin } from "../entrance/request-checks.ts";
import { registerEvents } from "./event-routes.ts";
import { registerPages } from "./portal-pages.ts";
import type { Services } from "./services.ts";
import { registerSignIn } from "./sign-in-routes.ts";
import { registerSystems } from "./system-routes.ts";
import { registerWorkspaces } from "./workspace-routes.ts";

/** The portal's own host: pages, API, and the redirects to the workspaces' hosts. */
export async function portalApp(services: Services, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app = httpApp(log, services);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(OWN_PAGE_HEADERS);
    refuseCrossOrigin(request.method, request.headers, services.hosts.of(request).origin);
  });
  app.addHook("onResponse", async (request, reply) => {
    const path = pathOf(request.url);
    if (!path.startsWith("/.guildnet/"))
      request.log.info({ req: request, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "answered");
  });
  await registerAssets(app, services.uiDirectory);
  await registerPages(app, services);
  registerSignIn(app, services);
  registerWorkspaces(app, services);
  registerSystems(app, services);
  registerEvents(app, services);
  return app;
}
