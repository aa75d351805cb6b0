import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { CertificatePair } from "../../pod/tls.ts";
import type { ErrorPage } from "./error-page.ts";
import { PortalError, toPortalError } from "./errors.ts";
import { refuseOddFraming } from "./framing.ts";
import type { Hosts } from "./hosts.ts";
import { httpsServer, type Exchanges } from "./https-server.ts";
import { RESERVED_PREFIX } from "./pages.ts";
import { answerErrorTo, refuseUpgrade } from "./raw-answers.ts";
import { hasBody, limitOwnBody, type Timeouts } from "./request-body.ts";
import { destination, requestId } from "./request-checks.ts";
import { answerTooManyCookies, hasTooManyCookies, tooManyCookies } from "./too-many-cookies.ts";

/** Who serves which host. */
export interface Behind {
  readonly portal: FastifyInstance;
  /** The portal's own paths on workspaces' hosts. */
  readonly workspaceApp: FastifyInstance;
  readonly workspaceHost: HostHandler;
}

/** Serves all of a workspace's host that is not the portal's own. `label` is what stands before the apps domain. */
export interface HostHandler {
  request(request: IncomingMessage, response: ServerResponse, label: string): Promise<void>;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, label: string): Promise<void>;
}

export interface GateParts {
  readonly hosts: Hosts;
  readonly timeouts: Timeouts;
  readonly errorPage: ErrorPage;
}

/** The HTTPS server for browsers. It looks at the Host header and nothing else, and hands each request to the application of that host. */
export function gate(behind: Behind, parts: GateParts, certificate: CertificatePair, log: FastifyBaseLogger): Server {
  const exchanges: Exchanges = {
    request: (request, response) => dispatch(request, response, behind, parts),
    upgrade: (request, socket, head) => dispatchUpgrade(request, socket, head, behind, parts),
  };
  return httpsServer(exchanges, parts.timeouts, certificate, log);
}

async function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  behind: Behind,
  { hosts, timeouts, errorPage }: GateParts,
): Promise<void> {
  try {
    const to = destination(request, hosts);
    refuseOddFraming(request);
    if (hasTooManyCookies(request)) return answerTooManyCookies(request, response, requestId(request));
    const isOwn = to.kind === "portal" || (request.url?.startsWith(RESERVED_PREFIX) ?? false);
    if (isOwn) limitOwnBody(request, timeouts);
    if (to.kind === "portal") behind.portal.routing(request, response);
    else if (isOwn) behind.workspaceApp.routing(request, response);
    else await behind.workspaceHost.request(request, response, to.label);
  } catch (thrown) {
    answerErrorTo(request, response, toPortalError(thrown), requestId(request), errorPage);
  }
}

async function dispatchUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  behind: Behind,
  { hosts }: GateParts,
): Promise<void> {
  // Without a listener a client that hangs up would bring the whole process down.
  socket.on("error", () => socket.destroy());
  try {
    const to = destination(request, hosts);
    refuseOddFraming(request);
    // Behind such a head the body's bytes would be taken for what the new protocol says.
    if (hasBody(request)) throw new PortalError(400, "bad_upgrade", "A request to switch protocols has no body here.");
    if (hasTooManyCookies(request)) throw tooManyCookies();
    if (to.kind === "portal" || request.url?.startsWith(RESERVED_PREFIX))
      throw new PortalError(404, "not_found", "There is no WebSocket here.");
    await behind.workspaceHost.upgrade(request, socket, head, to.label);
  } catch (thrown) {
    refuseUpgrade(socket, toPortalError(thrown), requestId(request));
  }
}
