import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorPage, FailedTarget } from "./error-page.ts";
import { errorBody, type PortalError } from "./errors.ts";
import { OWN_PAGE_HEADERS } from "./own-headers.ts";

/** Answers of the portal's own where no Fastify application has the request: at the gate and in the proxy. */
export function answer(
  response: ServerResponse,
  statusCode: number,
  headers: OutgoingHttpHeaders,
  body: string | Buffer = "",
): void {
  // A body nobody will read is not waited for.
  if (!response.req.complete) response.setHeader("connection", "close");
  response.writeHead(statusCode, { ...OWN_PAGE_HEADERS, "content-length": Buffer.byteLength(body), ...headers });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** The error, in JSON. */
export function answerError(
  response: ServerResponse,
  error: PortalError,
  requestId: string,
  headers: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify(errorBody(error, requestId));
  answer(
    response,
    error.statusCode,
    { "content-type": "application/json; charset=utf-8", "x-request-id": requestId, ...headers },
    body,
  );
}

/** The error: to a person as a page, to a program in JSON. @param admitted what the person was let in to */
export function answerErrorTo(
  request: IncomingMessage,
  response: ServerResponse,
  error: PortalError,
  requestId: string,
  errorPage: ErrorPage,
  admitted?: FailedTarget,
): void {
  const page = errorPage.of(request, error, requestId, admitted);
  if (page === undefined || response.headersSent) return answerError(response, error, requestId);
  answer(response, error.statusCode, { ...page.headers, "x-request-id": requestId }, page.body);
}

/** Says no to an upgrade, in HTTP, and closes. */
export function refuseUpgrade(socket: Duplex, error: PortalError, requestId: string): void {
  const body = JSON.stringify(errorBody(error, requestId));
  refuseRaw(
    socket,
    error.statusCode,
    { "content-type": "application/json; charset=utf-8", "x-request-id": requestId },
    body,
  );
}

/** Says no in HTTP where Node has no response for it, and closes. */
export function refuseRaw(
  socket: Duplex,
  statusCode: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const all = {
    ...OWN_PAGE_HEADERS,
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  socket.end(`${head(statusCode, Object.entries(all).flat())}${body}`);
}

/**
 * A status line and header block as text.
 * @param headers names and values in turn, from Node's own parser or from this code, so that they hold no line breaks
 */
export function head(statusCode: number, headers: readonly string[]): string {
  const lines = headers.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${headers[index + 1]}` : []));
  return [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? "Unknown"}`, ...lines, "", ""].join("\r\n");
}

export function remoteAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}
