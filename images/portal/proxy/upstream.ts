import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Agent, Client, errors, type Dispatcher } from "undici";
import { PortalError } from "../entrance/errors.ts";
import type { Upstream } from "../guild/workspaces.ts";

const CONNECT_TIMEOUT_MS = 3_000;
/** To the first byte of an answer. Generous: builds and agents think before they speak. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;
const UPGRADE_TIMEOUT_MS = 20_000;
/** What browsers take of an answer's headers; frameworks name every chunk of a page to preload in one of them. */
const MAX_HEAD_BYTES = 256 * 1024;

const CLIENT_OPTIONS = {
  connect: { timeout: CONNECT_TIMEOUT_MS },
  headersTimeout: ANSWER_TIMEOUT_MS,
  // An event stream may have nothing to say for hours.
  bodyTimeout: 0,
  maxHeaderSize: MAX_HEAD_BYTES,
} satisfies Client.Options;

export interface Outgoing {
  readonly method: string;
  /** The request target as it came, byte for byte. */
  readonly path: string;
  /** Names and values in turn, in the order in which they are sent. */
  readonly headers: readonly string[];
}

/** What came back on an upgrade: the switched connection, or an ordinary answer that says why not. */
export type Upgraded =
  | { readonly switched: true; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly switched: false; readonly response: IncomingMessage };

/** There is nobody at the workspace's address, or not yet: waiting may help. */
export class UnreachableError extends PortalError {
  constructor(cause: unknown) {
    super(502, "unreachable", "The workspace does not answer.", { cause });
  }
}

/** The connection broke before anything came back. Where it had been kept from earlier, the workspace may be well. */
export class NoAnswerError extends PortalError {
  constructor(cause: unknown) {
    super(502, "no_answer", "The workspace closed the connection without an answer.", { cause });
  }
}

/** What the workspace sent is no answer in HTTP/1.1, or one whose end the two of us might see at different places. */
export function badAnswer(cause: Error): PortalError {
  return new PortalError(502, "bad_answer", "The workspace's answer is no HTTP that can be passed on.", {
    cause,
    details: { reason: cause.message },
  });
}

/**
 * The connections to workspaces. They are kept and used again: a new one costs a name look-up and a round trip.
 *
 * undici frames what is sent by itself and holds a body against the length that was told of it; it throws a kept
 * connection away on which anything was said unasked, so that nobody gets the answer to another's question.
 */
export class Upstreams {
  readonly #plain = new Agent(CLIENT_OPTIONS);
  /** Of systems, by their origin and whom they are trusted by. */
  readonly #trusting = new Map<string, Agent>();

  ask(upstream: Upstream, outgoing: Outgoing, body: Readable | null, handler: Dispatcher.DispatchHandler): void {
    this.#agentFor(upstream).dispatch(dispatchOptions(upstream, outgoing, body), handler);
  }

  /** The same on a connection that nobody used before. */
  askAnew(upstream: Upstream, outgoing: Outgoing, handler: Dispatcher.DispatchHandler): void {
    const client = new Client(originOf(upstream), clientOptions(upstream));
    client.dispatch(dispatchOptions(upstream, outgoing, null), handler);
    // Once this one exchange has ended.
    void client.close();
  }

  /** Cuts off what still runs. */
  async close(): Promise<void> {
    await Promise.all([this.#plain, ...this.#trusting.values()].map((agent) => agent.destroy()));
  }

  #agentFor(upstream: Upstream): Agent {
    if (upstream.authority === undefined) return this.#plain;
    const known = `${originOf(upstream)} ${upstream.authority}`,
      agent = this.#trusting.get(known) ?? new Agent(clientOptions(upstream));
    this.#trusting.set(known, agent);
    return agent;
  }
}

function clientOptions(upstream: Upstream): Client.Options {
  return { ...CLIENT_OPTIONS, connect: { ...CLIENT_OPTIONS.connect, ...trustOf(upstream) } };
}

/** A system is known by its name in the cluster, whatever host the browser asked. */
function trustOf({ host, authority }: Upstream): object {
  if (authority === undefined) return {};
  return {
    ca: authority,
    servername: host,
    checkServerIdentity: (_asked: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
}

function dispatchOptions(
  upstream: Upstream,
  { method, path, headers }: Outgoing,
  body: Readable | null,
): Dispatcher.DispatchOptions {
  return { origin: originOf(upstream), method, path, headers: headers as string[], body };
}

function originOf({ host, port, authority }: Upstream): string {
  return `${authority === undefined ? "http" : "https"}://${host}:${port}`;
}

const UNREADABLE = [errors.HTTPParserError, errors.HeadersOverflowError, errors.ResponseContentLengthMismatchError];

/** undici's words for "go on", and for a switch of protocols, that nobody asked for. */
const UNASKED = new Set(["bad response", "bad upgrade"]);

/**
 * What went wrong before an answer's head was there.
 * @param isSent whether there was a connection, and the request on it
 */
export function failure(error: Error & { readonly code?: string }, isSent: boolean): PortalError {
  if (error instanceof PortalError) return error;
  const code = error.code ?? "";
  if (code === "UND_ERR_INVALID_ARG")
    return new PortalError(400, "bad_request", "This request cannot be passed on.", { cause: error });
  // Of Node's parser and of undici's, which is the same but says so otherwise.
  if (code.startsWith("HPE_") || UNREADABLE.some((kind) => error instanceof kind) || UNASKED.has(error.message))
    return badAnswer(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT")
    return new PortalError(
      504,
      "answer_timeout",
      `The workspace did not answer within ${ANSWER_TIMEOUT_MS / 60_000} minutes.`,
      { cause: error },
    );
  return isSent ? new NoAnswerError(error) : new UnreachableError(error);
}

/**
 * Asks a workspace to switch protocols, on a connection of its own.
 * @throws {PortalError} through the promise
 */
export function upgrade(upstream: Upstream, outgoing: Outgoing, abandoned: AbortSignal): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const headers = outgoing.headers as string[],
      { host, port, authority } = upstream;
    const request = (authority === undefined ? httpRequest : httpsRequest)({
      ...outgoing,
      ...trustOf(upstream),
      host,
      port,
      headers,
      agent: false,
      setHost: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      signal: abandoned,
    });
    request.maxHeadersCount = 0;
    limitConnecting(request);
    request.setTimeout(UPGRADE_TIMEOUT_MS, () =>
      request.destroy(new Error(`no answer within ${UPGRADE_TIMEOUT_MS / 1000} s`)),
    );
    request.once("error", (error) => reject(failure(error, request.socket?.connecting === false)));
    request.once("response", (response) => resolve({ switched: false, response }));
    request.once("upgrade", (response, socket, head) => resolve({ switched: true, response, socket, head }));
    request.end();
  });
}

function limitConnecting(request: ReturnType<typeof httpRequest>): void {
  request.once("socket", (socket: Socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(
      () => request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    socket.once("connect", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
  });
}
