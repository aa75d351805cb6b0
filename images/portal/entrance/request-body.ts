import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";

/** For how long what was announced may stay away, in milliseconds. */
export interface Timeouts {
  /** Uploads take as long as they take, but something of them has to arrive now and then. */
  readonly idleMs: number;
  /** The rest of a body is still taken, and thrown away, after its answer: a client that is cut off at once may not read the answer. */
  readonly lingerMs: number;
  /** The bodies that the portal reads itself are short. */
  readonly ownBodyMs: number;
  readonly handshakeMs: number;
}

export const TIMEOUTS: Timeouts = { idleMs: 2 * 60_000, lingerMs: 30_000, ownBodyMs: 20_000, handshakeMs: 10_000 };

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * The body of a request on its way to a workspace. A stream of its own, because whoever gets it destroys it when the
 * workspace answers early and stops reading, and with the request itself the client's connection would go, and the answer.
 *
 * @param onIdle called when nothing of it came for too long, though somebody waits for it
 */
export function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  { idleMs, lingerMs }: Timeouts,
  onIdle: () => void,
): Readable {
  const body = new PassThrough();
  request.pipe(body);
  body.once("close", () => {
    request.unpipe(body);
    request.resume();
  });
  const { socket } = request;
  request.setTimeout(idleMs, () => {
    // What the workspace does not take, the visitor can't send.
    if (body.writableNeedDrain) socket.setTimeout(idleMs);
    else onIdle();
  });
  request.once("end", () => socket.setTimeout(0));
  response.once("finish", () => {
    if (!request.complete) setTimeout(() => void (request.complete || socket.destroy()), lingerMs).unref();
  });
  response.once("close", () => body.destroy());
  return body;
}

/** Ends a request for the portal itself whose body does not come. Slow or silent makes no difference: it is a few hundred bytes. */
export function limitOwnBody(request: IncomingMessage, { ownBodyMs }: Timeouts): void {
  if (!hasBody(request)) return;
  const timer = setTimeout(() => request.socket.destroy(), ownBodyMs);
  request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
}
