import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { refusedByIde } from "./ide-login.ts";
import { IDE_PORT } from "./names.ts";
import { PortalError } from "./errors.ts";
import { requestHeaders, responseHeaders } from "./proxy-headers.ts";
import { remoteAddress } from "./raw-answers.ts";
import { answerOf, openRequest, UnreachableError } from "./upstream.ts";
import type { Upstream } from "./workspaces.ts";
import type { Admitted } from "./workspace-session.ts";
import type { Services } from "./services.ts";

/** One admitted request on its way through. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly admitted: Admitted;
  readonly requestId: string;
  /** Sent with the workspace's answer. */
  readonly extraCookie?: string;
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
 * Sends a request to its workspace and streams both bodies, with backpressure, any size.
 *
 * Plain `node:http` rather than a proxy library: the target goes through byte for byte with any method (libraries
 * normalise it, or refuse what they cannot), a browser that leaves ends the workspace's work at once, a refused IDE
 * key can be renewed before anything was sent, and the same few functions serve WebSockets.
 *
 * @throws {UnreachableError} while nothing was answered yet
 * @throws {PortalError}
 */
export async function forward(passage: Passage, services: Services): Promise<void> {
  const { session, workspace } = passage.admitted;
  const release = services.leases.hold({ session, workspace: workspace.id, brief: true, end: () => passage.response.destroy() });
  passage.response.once("close", release);

  const first = await route(passage.admitted, services);
  const answered = await attempt(passage, first).catch((error: unknown) => retryStale(error, passage, first));
  if (first.ideSession === undefined || !refusedByIde(answered.statusCode ?? 0, answered.headers)) return relay(passage, answered);

  answered.resume();
  const second = await route(passage.admitted, services, true);
  if (second.ideSession === first.ideSession || hasBody(passage.request)) throw keyRefused();
  const again = await attempt(passage, second);
  if (!refusedByIde(again.statusCode ?? 0, again.headers)) return relay(passage, again);
  again.resume();
  throw keyRefused();
}

/** Not 401: signing in again would not help, and the browser would be sent round in circles. */
export function keyRefused(): PortalError {
  return new PortalError(502, "ide_refused", "The workspace's IDE does not accept the portal's key. Restarting the workspace mends it.");
}

async function attempt(passage: Passage, { upstream, ideSession }: Route): Promise<IncomingMessage> {
  const { request, response } = passage;
  const outgoing = openRequest(upstream, { method: request.method ?? "GET", path: request.url ?? "/", headers: headersFor(passage, ideSession) });
  const abandon = (): void => void outgoing.destroy();
  response.once("close", abandon);
  const answered = answerOf(outgoing);
  if (hasBody(request)) sendBody(request, outgoing);
  else outgoing.end();
  try {
    return await answered;
  } finally {
    response.off("close", abandon);
  }
}

/** Not `pipeline`: it would cut the client off when a workspace answers early and stops reading, and so lose that answer. */
function sendBody(request: IncomingMessage, outgoing: ClientRequest): void {
  request.pipe(outgoing);
  outgoing.once("close", () => {
    request.unpipe(outgoing);
    request.resume();
  });
}

/** A kept connection may be closed by the workspace just as it is used again; what has no effect and no body is asked once more. */
function retryStale(error: unknown, passage: Passage, first: Route): Promise<IncomingMessage> {
  const repeatable = ["GET", "HEAD", "OPTIONS"].includes(passage.request.method ?? "") && !hasBody(passage.request);
  if (error instanceof UnreachableError && error.staleConnection && repeatable && !passage.response.destroyed) return attempt(passage, first);
  throw error;
}

function headersFor({ request, requestId }: Passage, ideSession: string | undefined): OutgoingHttpHeaders {
  const headers = requestHeaders(request.headers, { host: request.headers.host ?? "", remoteAddress: remoteAddress(request), requestId, ideSession });
  return { ...headers, ...framing(request) };
}

/** How the body's end is told, for every method: Node adds nothing for those that usually have no body, and a body behind a head that tells of none is a second request. */
function framing({ headers }: IncomingMessage): OutgoingHttpHeaders {
  if (headers["transfer-encoding"] !== undefined) return { "transfer-encoding": "chunked" };
  return headers["content-length"] === undefined ? {} : { "content-length": headers["content-length"] };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function relay({ response, requestId, extraCookie, log }: Passage, answered: IncomingMessage): void {
  const headers = responseHeaders(answered.headers);
  if (extraCookie !== undefined) headers["set-cookie"] = [headers["set-cookie"] ?? [], extraCookie].flat() as string[];
  headers["x-request-id"] = requestId;
  // The reason in the workspace's words may hold what Node refuses to send, and says nothing that the number does not.
  try {
    response.writeHead(answered.statusCode ?? 502, headers);
  } catch (error) {
    answered.destroy();
    throw new PortalError(502, "bad_answer", "The workspace's answer is no HTTP that can be passed on.", { cause: error });
  }
  // The head goes out now: an event stream may have nothing to say for a while.
  response.flushHeaders();
  // `pipeline` would do the same with an AbortController and its exception per request, which shows in the processor time.
  answered.pipe(response);
  answered.once("error", (error) => {
    log.debug({ err: error, request_id: requestId }, "a proxied answer was cut off");
    response.destroy();
  });
  response.once("close", () => answered.destroy());
}
