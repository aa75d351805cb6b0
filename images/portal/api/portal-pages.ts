import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { HOST_LABEL } from "../../pod/names.ts";
import { page, PAGES } from "../entrance/pages.ts";
import { safePath } from "../entrance/request-checks.ts";
import { mayOpen } from "../guild/workspaces.ts";
import { findApp } from "../identity/admission.ts";
import { currentSession, renew } from "./request-session.ts";
import type { Services } from "./services.ts";

const openQuery = z.object({ return: z.string().optional(), state: z.string().max(100).optional() });

/** The pages of the portal's own host. They are one; what it shows, its address and its script decide. */
export async function registerPages(app: FastifyInstance, services: Services): Promise<void> {
  const shell = await page(services.uiDirectory, PAGES.portal);
  app.get("/", (_request, reply) => shell(reply));
  app.get("/events", (_request, reply) => shell(reply));
  // Looking at a sign-in link must not use it up (chat programs fetch links to preview them): the page's script posts the token.
  app.get("/sign-in", (_request, reply) => shell(reply));
  app.get<{ Params: { label: string } }>("/open/:label", (request, reply) => open(request, reply, services, shell));
}

/** Sends a signed-in person who may open it on to the workspace's host with a one-time ticket; everyone else gets the page, which says why not. */
async function open(
  request: FastifyRequest<{ Params: { label: string } }>,
  reply: FastifyReply,
  services: Services,
  shell: (reply: FastifyReply, statusCode?: number) => FastifyReply,
): Promise<FastifyReply> {
  const { label } = request.params;
  const query = openQuery.safeParse(request.query);
  const session = await currentSession(request, services);
  if (!session) return shell(reply, 401);
  const workspace = HOST_LABEL.test(label) ? findApp(services.directory, label)?.workspace : undefined;
  if (!workspace || !mayOpen(workspace, session.sub)) return shell(reply, 404);
  const path = safePath(query.data?.return);
  const appOrigin = services.hosts.of(request).appOrigin(label);
  // Without a state the round did not begin at the workspace's host, so its browser could not be told apart from another's.
  if (!query.data?.state) return reply.redirect(appOrigin + path, 303);
  await renew(reply, session, services);
  const ticket = services.sessions.handoffTicket(session, label, path, query.data.state);
  return reply.redirect(`${appOrigin}/.guildnet/session?code=${ticket}`, 303);
}
