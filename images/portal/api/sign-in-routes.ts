import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { hostCookie, SESSION_COOKIE } from "../entrance/cookies.ts";
import { PortalError } from "../entrance/errors.ts";
import type { SignInLink } from "../identity/sign-in-links.ts";
import {
  currentSession,
  renew,
  requireIntent,
  requireSession,
  setSessionCookie,
  signedOut,
} from "./request-session.ts";
import type { Services } from "./services.ts";
import type { LinkErrorDetails, LinkInfo, Me, SignInHelp } from "./types.ts";

const linkBody = z.strictObject({ token: z.string().min(1).max(4096) });
const signInBody = linkBody.extend({ switch: z.boolean().optional() });

/** Who one is, and how one comes to be somebody. */
export function registerSignIn(app: FastifyInstance, services: Services): void {
  app.get("/api/me", async (request, reply): Promise<Me> => {
    const session = await currentSession(request, services);
    if (!session) throw signedOut(signInHelp(services));
    const current = await renew(reply, session, services);
    const expires = new Date(current.exp * 1000).toISOString();
    return {
      handle: session.sub,
      admin: services.admins.has(session.sub),
      guild: services.guildName,
      expires,
      ask: [...services.admins],
      events: services.events.exists,
      pages: services.pages.map(({ label, title }) => ({
        title,
        url: services.hosts.of(request).appOrigin(label),
      })),
    };
  });

  app.post("/api/link", async (request): Promise<LinkInfo> => {
    requireIntent(request);
    const body = linkBody.safeParse(request.body);
    if (!body.success) throw new PortalError(400, "bad_request", "A link has a token.");
    const [before, { handle }] = [
      await currentSession(request, services),
      await checkedLink(request, services, body.data.token),
    ];
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
    if (!services.members.has(link.handle))
      throw new PortalError(401, "not_a_member", `${link.handle} is not in this guild any more.`);
    return link;
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    const before = await currentSession(request, services);
    const details: LinkErrorDetails = { ask: [...services.admins], ...(before && { signed_in: before.sub }) };
    throw new PortalError(error.statusCode, error.code, error.message, { details: { ...details } });
  }
}

async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  body: z.infer<typeof signInBody>,
): Promise<{ handle: string }> {
  const link = await checkedLink(request, services, body.token);
  const before = await currentSession(request, services);
  if (before && before.sub !== link.handle && !body.switch) {
    throw new PortalError(
      409,
      "signed_in_as_another",
      `This link is for ${link.handle}, and this browser is signed in as ${before.sub}.`,
      {
        details: { signed_in: before.sub, link: link.handle },
      },
    );
  }
  // The link last: one that could not be followed to its end is good for another try.
  if (before) await services.sessions.signOut(before);
  services.links.use(link);
  const session = services.sessions.begin(link.handle);
  await setSessionCookie(reply, session, services);
  request.log.info({ handle: session.sub }, "signed in");
  return { handle: session.sub };
}

/** Whom to ask is told to everybody who finds the portal: a person without a session is nobody the portal knows. */
function signInHelp({ guildName, admins, linkCommand }: Services): SignInHelp {
  return { guild: guildName, ask: [...admins], ...(linkCommand !== undefined && { link_command: linkCommand }) };
}
