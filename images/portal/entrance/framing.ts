import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { PortalError } from "./errors.ts";

/**
 * Refuses what Node's parser takes and others read differently.
 * @throws {PortalError} 400, 405, 501 or 505
 */
export function refuseOddFraming({
  method,
  httpVersion,
  headers: { "transfer-encoding": coding },
}: IncomingMessage): void {
  // Its answer would be the request itself, with the keys that the portal put in.
  if (method === "TRACE") throw new PortalError(405, "bad_method", "TRACE is not answered here.");
  if (httpVersion !== "1.1" && httpVersion !== "1.0")
    throw new PortalError(505, "bad_version", "Only HTTP/1.1 is spoken here.");
  if (coding === undefined) return;
  // A proxy of that time would pass it on unread, and see the body's end somewhere else (RFC 9112, section 6.1).
  if (httpVersion === "1.0") throw new PortalError(400, "bad_framing", "HTTP/1.0 knows no transfer coding.");
  // It would be lost on the way, and the body with it: a coding belongs to one connection.
  if (coding.toLowerCase() !== "chunked")
    throw new PortalError(501, "unknown_coding", "The only transfer coding known here is chunked.");
}

/** What makes an answer one that two programs may read differently; undefined of a good one. */
export function mistakeInAnswer(
  statusCode: number,
  { "transfer-encoding": coding }: IncomingHttpHeaders,
): string | undefined {
  if (statusCode === 101) return "it switches protocols, which nobody asked for";
  if (statusCode < 100 || statusCode > 599) return `its status is ${statusCode}`;
  // Any other coding would be lost on the way: it belongs to the connection, and its name with it.
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    return `its transfer coding is ${JSON.stringify(coding)}`;
  return undefined;
}
