import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { PortalError } from "./errors.ts";
import type { Upstream } from "./workspaces.ts";

const CONNECT_TIMEOUT_MS = 3_000;
/** To the first byte of an answer. Generous: builds and agents think before they speak. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;
const UPGRADE_TIMEOUT_MS = 20_000;

/** Connections to workspaces are kept and used again; a new one costs a name look-up and a round trip. */
export const upstreamAgent = new Agent({ keepAlive: true, maxFreeSockets: 64, scheduling: "lifo" });

export interface Outgoing {
  readonly method: string;
  /** The request target as it came, byte for byte. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** What came back on an upgrade: the switched connection, or an ordinary answer that says why not. */
export type Upgraded =
  | { readonly switched: true; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly switched: false; readonly response: IncomingMessage };

/** The workspace could not be reached at all. */
export class UnreachableError extends PortalError {
  /** True where a kept connection was closed under us before anything came back: the workspace may still be well. */
  readonly staleConnection: boolean;

  constructor(cause: unknown, staleConnection: boolean) {
    super(502, "unreachable", "The workspace does not answer.", { cause });
    this.staleConnection = staleConnection;
  }
}

export function openRequest(upstream: Upstream, outgoing: Outgoing): ClientRequest {
  const request = httpRequest({ ...outgoing, ...upstream, agent: upstreamAgent, setHost: false });
  limitConnecting(request);
  request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
  return request;
}

/** @throws {UnreachableError} through the promise */
export function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("error", (error) => reject(new UnreachableError(error, request.reusedSocket)));
    request.once("response", (response) => {
      request.setTimeout(0);
      resolve(response);
    });
  });
}

/**
 * Asks a workspace to switch protocols, on a connection of its own.
 * @throws {UnreachableError} through the promise
 */
export function upgrade(upstream: Upstream, outgoing: Outgoing, abandoned: AbortSignal): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...outgoing, ...upstream, agent: false, setHost: false, signal: abandoned });
    limitConnecting(request);
    request.setTimeout(UPGRADE_TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${UPGRADE_TIMEOUT_MS / 1000} s`)));
    request.once("error", (error) => reject(new UnreachableError(error, false)));
    request.once("response", (response) => resolve({ switched: false, response }));
    request.once("upgrade", (response, socket, head) => resolve({ switched: true, response, socket, head }));
    request.end();
  });
}

function limitConnecting(request: ClientRequest): void {
  request.once("socket", (socket: Socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)), CONNECT_TIMEOUT_MS);
    socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
  });
}
