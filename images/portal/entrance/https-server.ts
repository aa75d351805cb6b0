import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import { refuseRaw } from "./raw-answers.ts";
import type { Timeouts } from "./request-body.ts";
import { requestId } from "./request-checks.ts";
import { refuseEndlessHead } from "./too-many-cookies.ts";

const HEADERS_TIMEOUT_MS = 30_000;
/** Far more than any server behind takes, so that who has too many cookies can be told so, and be rid of them. */
const MAX_HEAD_BYTES = 128 * 1024;
/** Longer than a browser waits before it reuses a connection, so that it is not closed in its hands. */
const KEEP_ALIVE_MS = 75_000;

/** What becomes of one request and of one wish to switch protocols; what is thrown cuts the connection off. */
export interface Exchanges {
  request(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void>;
}

/** A server that takes nothing two readers could understand differently, whatever is behind it. */
export function httpsServer(
  exchanges: Exchanges,
  { handshakeMs }: Timeouts,
  certificate: CertificatePair,
  log: FastifyBaseLogger,
): Server {
  const server = createServer({
    ...certificate,
    minVersion: MIN_TLS_VERSION,
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: handshakeMs,
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Uploads take as long as they take; `request-body.ts` ends those of which nothing comes.
    requestTimeout: 0,
    noDelay: true,
  });
  // Beyond a number of headers Node would drop the rest in silence, a length or a host among them.
  server.maxHeadersCount = 0;
  const open = new WeakMap<Socket, ServerResponse>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    exchanges.request(request, response).catch((error: unknown) => {
      log.error({ err: error, request_id: requestId(request) }, "request cut off");
      response.destroy();
    });
  };
  server.on("request", (request, response) => {
    const before = open.get(request.socket);
    open.set(request.socket, response);
    // One after the other, though a client sends several at once: the second may build on what the first does.
    if (before === undefined || before.closed) serve(request, response);
    else before.once("close", () => void (request.socket.destroyed || serve(request, response)));
  });
  server.on("upgrade", (request, socket, head) => {
    exchanges.upgrade(request, socket as Socket, head).catch((error: unknown) => {
      log.error({ err: error, request_id: requestId(request) }, "upgrade cut off");
      socket.destroy();
    });
  });
  server.on("connect", (_request, socket) => refuseRaw(socket, 400, {}, ""));
  const malformed = new WeakSet<object>();
  server.on("clientError", (error, socket) => {
    // Node says it again for each further piece of the same.
    if (malformed.has(socket)) return;
    malformed.add(socket);
    log.debug({ code: (error as NodeJS.ErrnoException).code }, "malformed request refused");
    refuseMalformed(error, socket as Socket, open.get(socket as Socket));
  });
  server.on("tlsClientError", (error, socket) => {
    log.debug({ err: error }, "TLS handshake failed");
    // Node leaves it open where the handshake did not begin, or not end.
    socket.destroy();
  });
  return server;
}

/**
 * Bytes that are no HTTP request, or an ambiguous one: two lengths, a folded header, a bare line feed.
 * @param last the answer to what came before on this connection, if anything did
 */
function refuseMalformed(error: Error & { code?: string }, socket: Socket, last: ServerResponse | undefined): void {
  // What came before is answered first, or this would be taken for its answer, or for a part of it; unless it is its own body that is broken.
  if (last?.req.complete && !last.closed) last.once("close", () => refuseMalformed(error, socket, undefined));
  // After a request that was to be the last one nobody expects an answer.
  else if (
    !socket.writable ||
    last?.headersSent ||
    error.code === "ECONNRESET" ||
    error.code === "HPE_CLOSED_CONNECTION"
  )
    socket.destroy();
  else if (error.code === "HPE_HEADER_OVERFLOW") refuseEndlessHead(socket);
  else if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") refuseRaw(socket, 408, {}, "");
  else refuseRaw(socket, 400, {}, "");
}
