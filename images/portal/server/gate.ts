import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { PortalError, toPortalError } from "./errors.ts";
import type { Hosts } from "./hosts.ts";
import { RESERVED_PREFIX } from "./pages.ts";
import { answerError, refuseUpgrade } from "./raw-answers.ts";
import { destination, requestId } from "./request-checks.ts";
import { MIN_TLS_VERSION, type CertificatePair } from "./tls.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than a browser waits before it reuses a connection, so that it is not closed in its hands. */
const KEEP_ALIVE_MS = 75_000;

/** Who serves which host. */
export interface Behind {
  readonly portal: FastifyInstance;
  /** The portal's own paths on workspaces' hosts. */
  readonly workspaceApp: FastifyInstance;
  readonly workspaceHost: WorkspaceHost;
}

/** The one HTTPS server. It looks at the Host header and nothing else, and hands each request to the application of that host. */
export function gate(behind: Behind, hosts: Hosts, certificate: CertificatePair, log: FastifyBaseLogger): Server {
  const server = createServer({
    ...certificate,
    minVersion: MIN_TLS_VERSION,
    ALPNProtocols: ["http/1.1"],
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Uploads take as long as they take; who sends nothing at all is bound by the headers' limit.
    requestTimeout: 0,
    noDelay: true,
  });
  server.on("request", (request, response) => {
    dispatch(request, response, behind, hosts).catch((error: unknown) => {
      log.error({ err: error, request_id: requestId(request) }, "request cut off");
      response.destroy();
    });
  });
  server.on("upgrade", (request, socket, head) => {
    dispatchUpgrade(request, socket as Socket, head, behind, hosts).catch((error: unknown) => {
      log.error({ err: error, request_id: requestId(request) }, "upgrade cut off");
      socket.destroy();
    });
  });
  server.on("clientError", (error, socket) => refuseMalformed(error, socket as Socket, log));
  server.on("tlsClientError", (error) => log.debug({ err: error }, "TLS handshake failed"));
  return server;
}

async function dispatch(request: IncomingMessage, response: ServerResponse, behind: Behind, hosts: Hosts): Promise<void> {
  try {
    const to = destination(request, hosts);
    if (to.kind === "portal") behind.portal.routing(request, response);
    else if (request.url?.startsWith(RESERVED_PREFIX)) behind.workspaceApp.routing(request, response);
    else await behind.workspaceHost.request(request, response, to.label);
  } catch (thrown) {
    answerError(response, toPortalError(thrown), requestId(request));
  }
}

async function dispatchUpgrade(request: IncomingMessage, socket: Socket, head: Buffer, behind: Behind, hosts: Hosts): Promise<void> {
  // Without a listener a client that hangs up would bring the whole process down.
  socket.on("error", () => socket.destroy());
  try {
    const to = destination(request, hosts);
    if (to.kind === "portal" || request.url?.startsWith(RESERVED_PREFIX)) throw new PortalError(404, "not_found", "There is no WebSocket here.");
    await behind.workspaceHost.upgrade(request, socket, head, to.label);
  } catch (thrown) {
    refuseUpgrade(socket, toPortalError(thrown), requestId(request));
  }
}

/** Bytes that are no HTTP request, or an ambiguous one: two lengths, a folded header, a bare line feed. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket, log: FastifyBaseLogger): void {
  log.debug({ code: error.code }, "malformed request refused");
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
}
