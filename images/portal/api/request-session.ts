import type { FastifyReply, FastifyRequest } from "fastify";
import { hostCookie, readCookie, SESSION_COOKIE } from "../entrance/cookies.ts";
import { PortalError } from "../entrance/errors.ts";
import type { Session } from "../identity/sessions.ts";
import type { Services } from "./services.ts";
import type { SignInHelp } from "./types.ts";

/** A page of another origin cannot send this header without asking first, and the portal never says yes. */
const INTENT_HEADER = "x-guildnet-request";

/** Who asks; undefined for nobody. */
export function currentSession(request: FastifyRequest, services: Services): Promise<Session | undefined> {
  return services.sessions.portalSession(readCookie(request.headers.cookie, SESSION_COOKIE));
}

/** @throws {PortalError} `signed_out` */
export async function requireSession(request: FastifyRequest, services: Services): Promise<Session> {
  const session = await currentSession(request, services);
  if (!session) throw signedOut();
  return session;
}

export function signedOut(details?: SignInHelp): PortalError {
  return new PortalError(401, "signed_out", "You are not signed in.", details && { details: { ...details } });
}

/** @throws {PortalError} `intent_missing` */
export function requireIntent(request: FastifyRequest): void {
  if (request.headers[INTENT_HEADER] !== "1") {
    throw new PortalError(
      403,
      "intent_missing",
      `A request that changes something must carry the header ${INTENT_HEADER}: 1.`,
    );
  }
}

/** Uses a session, and gives its cookie a later end where that is due. */
export async function renew(reply: FastifyReply, session: Session, services: Services): Promise<Session> {
  const renewed = services.sessions.renewed(session);
  if (renewed) await setSessionCookie(reply, renewed, services);
  return renewed ?? session;
}

export async function setSessionCookie(reply: FastifyReply, session: Session, services: Services): Promise<void> {
  const token = await services.sessions.portalToken(session);
  reply.header("set-cookie", hostCookie(SESSION_COOKIE, token, services.sessions.cookieSeconds(session)));
}
