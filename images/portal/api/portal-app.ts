import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LinkInfo, LinkErrorDetails, ListedWorkspace, Me, SignInHelp } from "./types.ts";
import { hostCookie, readCookie, SESSION_COOKIE } from "../entrance/cookies.ts";
import { PortalError } from "../entrance/errors.ts";
import { streamEvents } from "./events.ts";
import type { Site } from "../entrance/hosts.ts";
import { httpApp } from "../entrance/http-app.ts";
import { OWN_PAGE_HEADERS } from "../entrance/own-headers.ts";
import { HOST_LABEL } from "../../pod/names.ts";
import { page, registerAssets } from "../entrance/pages.ts";
import { pathOf } from "../../pod/logging.ts";
import { refuseCrossOrigin, safePath } from "../entrance/request-checks.ts";
import type { Services } from "./services.ts";
import type { SignInLink } from "../identity/sign-in-links.ts";
import type { Session } from "../identity/sessions.ts";
import { mayOpen, type Workspace } from "../guild/workspaces.ts";
import { findApp } from "../identity/admission.ts";

/** A page of another origin cannot send this header without asking first, and the portal never says yes. */
const INTENT_HEADER = "x-guildnet-request";

const linkBody = z.strictObject({ token: z.string().min(1).max(4096) });
const signInBody = linkBody.extend({ switch: z.boolean().optional() });
const openQuery = z.object({ return: z.string().optional(), state: z.string().max(100).optional() });

/** The portal's own host: pages, API, and the redirects to the workspaces' hosts. */
export async function portalApp(services: Services, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app = httpApp(log, services);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(OWN_PAGE_HEADERS);
    refuseCrossOrigin(request.method, request.headers, services.hosts.of(request).origin);
  });
  app.addHook("onResponse", async (request, reply) => {
    const path = pathOf(request.url);
    if (!path.startsWith("/.guildnet/")) request.log.info({ req: request, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "answered");
  });
  await registerAssets(app, services.uiDirectory);
  await registerPages(app, services);
  registerApi(app, services);
  return app;
}

async function registerPages(app: FastifyInstance, services: Services): Promise<void> {
  const shell = await page(services.uiDirectory, "index.html");
  app.get("/", (_request, reply) => shell(reply));
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

function registerApi(app: FastifyInstance, services: Services): void {
  app.get("/api/me", async (request, reply): Promise<Me> => {
    const session = await currentSession(request, services);
    if (!session) throw signedOut(signInHelp(services));
    const current = await renew(reply, session, services);
    const expires = new Date(current.exp * 1000).toISOString();
    return { handle: session.sub, admin: services.admins.has(session.sub), guild: services.guildName, expires, ask: [...services.admins] };
  });

  app.get("/api/workspaces", async (request) => {
    const session = await requireSession(request, services);
    return { workspaces: visibleWorkspaces(session, services, services.hosts.of(request)) };
  });

  app.get("/api/events", async (request, reply) => {
    const session = await requireSession(request, services);
    const site = services.hosts.of(request);
    return streamEvents(reply, session, services, (workspace) => listed(workspace, session, services, site));
  });

  app.post("/api/link", async (request): Promise<LinkInfo> => {
    requireIntent(request);
    const body = linkBody.safeParse(request.body);
    if (!body.success) throw new PortalError(400, "bad_request", "A link has a token.");
    const [before, { handle }] = [await currentSession(request, services), await checkedLink(request, services, body.data.token)];
    return { guild: services.guildName, handle, ...(before && { signed_in: before.sub }) };
  });

  app.post("/api/sign-in", async (request, reply) => {
    requireIntent(request);
    const body = signInBody.safeParse(request.body);
    if (!body.success) throw new PortalError(400, "bad_request", "A sign-in needs a token.");
    return signIn(request, reply, services, body.data);
  });

  app.post("/api/sign-out", async (request, reply) => {
    requireIntent(request);
    const session = await requireSession(request, services);
    reply.header("set-cookie", hostCookie(SESSION_COOKIE, "", 0));
    await services.sessions.signOut(session);
    return reply.code(204).send();
  });
}

/** A link that would sign somebody in. @throws {PortalError} with what else the person may do, who keeps the session they have */
async function checkedLink(request: FastifyRequest, services: Services, token: string): Promise<SignInLink> {
  try {
    const link = await services.links.check(token);
    if (!services.members.has(link.handle)) throw new PortalError(401, "not_a_member", `${link.handle} is not in this guild any more.`);
    return link;
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const before = await currentSession(request, services);
    const details: LinkErrorDetails = { ask: [...services.admins], ...(before && { signed_in: before.sub }) };
    throw new PortalError(error.statusCode, error.code, error.message, { details: { ...details } });
  }
}

async function signIn(request: FastifyRequest, reply: FastifyReply, services: Services, body: z.infer<typeof signInBody>): Promise<{ handle: string }> {
  const link = await checkedLink(request, services, body.token);
  const before = await currentSession(request, services);
  if (before && before.sub !== link.handle && !body.switch) {
    throw new PortalError(409, "signed_in_as_another", `This link is for ${link.handle}, and this browser is signed in as ${before.sub}.`, {
      details: { signed_in: before.sub, link: link.handle },
    });
  }
  // The link last: one that could not be followed to its end is good for another try.
  if (before) await services.sessions.signOut(before);
  services.links.use(link);
  const session = services.sessions.begin(link.handle);
  await setSessionCookie(reply, session, services);
  request.log.info({ handle: session.sub }, "signed in");
  return { handle: session.sub };
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
  const homeNearlyFull = mine && workspace.visibility === undefined && services.machine.state.fullHomes.has(workspace.id);
  return { ...workspace, mine, openable, url: site.appOrigin(workspace.id), ...(homeNearlyFull && { homeNearlyFull }) };
}

function currentSession(request: FastifyRequest, services: Services): Promise<Session | undefined> {
  return services.sessions.portalSession(readCookie(request.headers.cookie, SESSION_COOKIE));
}

async function requireSession(request: FastifyRequest, services: Services): Promise<Session> {
  const session = await currentSession(request, services);
  if (!session) throw signedOut();
  return session;
}

function signedOut(details?: SignInHelp): PortalError {
  return new PortalError(401, "signed_out", "You are not signed in.", details && { details: { ...details } });
}

/** Whom to ask is told to everybody who finds the portal: a person without a session is nobody the portal knows. */
function signInHelp({ guildName, admins, linkCommand }: Services): SignInHelp {
  return { guild: guildName, ask: [...admins], ...(linkCommand !== undefined && { link_command: linkCommand }) };
}

function requireIntent(request: FastifyRequest): void {
  if (request.headers[INTENT_HEADER] !== "1") {
    throw new PortalError(403, "intent_missing", `A request that changes something must carry the header ${INTENT_HEADER}: 1.`);
  }
}

async function renew(reply: FastifyReply, session: Session, services: Services): Promise<Session> {
  const renewed = services.sessions.renewed(session);
  if (renewed) await setSessionCookie(reply, renewed, services);
  return renewed ?? session;
}

async function setSessionCookie(reply: FastifyReply, session: Session, services: Services): Promise<void> {
  const token = await services.sessions.portalToken(session);
  reply.header("set-cookie", hostCookie(SESSION_COOKIE, token, services.sessions.cookieSeconds(session)));
}
