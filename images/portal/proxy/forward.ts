import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { PortalError } from "../entrance/errors.ts";
import { refusedByIde } from "./ide-login.ts";
import { IDE_PORT } from "../../pod/names.ts";
import { requestHeaders } from "./headers.ts";
import { answerError, remoteAddress } from "../entrance/raw-answers.ts";
import { Relay, type Outcome } from "./relay.ts";
import { bodyOf, hasBody } from "../entrance/request-body.ts";
import type { Services } from "../api/services.ts";
import { NoAnswerError, type Outgoing } from "./upstream.ts";
import type { Upstream } from "../guild/workspaces.ts";
import type { Admitted } from "../identity/workspace-session.ts";

/** One admitted request on its way through. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
  readonly requestId: string;
  /** Sent with the workspace's answer. */
  readonly extraCookie?: string;
  /** A page's origin at another port of the same workspace. */
  readonly readableBy?: string;
  readonly log: FastifyBaseLogger;
}

/** How a workspace is reached for one request. */
export interface Route {
  readonly upstream: Upstream;
  readonly ideSession: string | undefined;
}

/** @throws {PortalError} `no_such_port` */
export async function route({ workspace, port }: Admitted, services: Services, fresh = false): Promise<Route> {
  const upstream = await services.access.upstream(workspace.id, port);
  if (!upstream) throw new PortalError(404, "no_such_port", `There is no port named ${port} at ${workspace.id}.`);
  return { upstream, ideSession: workspace.visibility === undefined && port === IDE_PORT ? await services.access.ideSession(workspace.id, { fresh }) : undefined };
}

/**
 * Sends a request to its workspace and streams both bodies, with backpressure, any size. The target goes through byte
 * for byte, with any method; an IDE key that is refused is renewed before the browser sees anything of it.
 *
 * @throws {PortalError} while nothing was answered yet
 */
export async function forward(passage: Passage, services: Services): Promise<void> {
  const { session, workspace } = passage.admitted;
  const release = services.leases.hold({ session, workspace: workspace.id, brief: true, end: () => passage.response.destroy() });
  passage.response.once("close", release);

  const first = await route(passage.admitted, services);
  if (await attempt(passage, first, services) === "passed on") return;
  const second = await route(passage.admitted, services, true);
  if (second.ideSession === first.ideSession || hasBody(passage.request)) throw keyRefused();
  if (await attempt(passage, second, services) === "refused") throw keyRefused();
}

/** Not 401: signing in again would not help, and the browser would be sent round in circles. */
export function keyRefused(): PortalError {
  return new PortalError(502, "ide_refused", "The workspace's IDE does not accept the portal's key. Restarting the workspace mends it.");
}

async function attempt(passage: Passage, { upstream, ideSession }: Route, { upstreams, patience }: Services): Promise<Outcome> {
  const { request, response } = passage;
  const outgoing = outgoingOf(passage, ideSession);
  const relay = (): Relay => new Relay(passage, (status, headers) => ideSession !== undefined && refusedByIde(status, headers));
  const first = relay();
  if (hasBody(request)) {
    upstreams.ask(upstream, outgoing, bodyOf(request, response, patience, () => giveUp(passage)), first);
    return await first.outcome;
  }
  upstreams.ask(upstream, outgoing, null, first);
  try {
    return await first.outcome;
  } catch (error) {
    // A kept connection may be closed by the workspace just as it is used again; what has no effect is asked once more.
    if (!(error instanceof NoAnswerError) || !["GET", "HEAD", "OPTIONS"].includes(outgoing.method) || response.destroyed) throw error;
    const again = relay();
    upstreams.askAnew(upstream, outgoing, again);
    return await again.outcome;
  }
}

function outgoingOf({ request, requestId }: Passage, ideSession: string | undefined): Outgoing {
  const headers = requestHeaders(request.rawHeaders, { host: request.headers.host ?? "", remoteAddress: remoteAddress(request), requestId, ideSession });
  return { method: request.method ?? "GET", path: request.url ?? "/", headers };
}

/** Ends a request whose body does not come. */
function giveUp({ response, requestId }: Passage): void {
  answerError(response, new PortalError(408, "body_timeout", "The request's body did not arrive."), requestId);
}
