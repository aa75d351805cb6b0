import type { OutgoingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { presentPort } from "../node/former-ports.ts";
import { passesByItself } from "../http/network-errors.ts";
import { ask, jsonOf, type Answer } from "../http/request.ts";

const seconds = 1000;

/** Milliseconds a change waits for a server that was just made or restarted. */
export const patience = 60 * seconds;
/** Milliseconds a question waits: a preview of a stopped cluster shall not take long. */
export const littlePatience = 3 * seconds;
/** Milliseconds without a word after which a call is given up. */
const longestAnswer = 10 * seconds;

/** How to speak to a server, as the SDK's `HeadscaleServer`. */
export const serverSchema = z.object({
  url: z.url({
    protocol: /^https$/,
    error: "must be an address such as https://headscale.example.org: the API key goes over it",
  }),
  apiKey: z.string().min(1),
  caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
});
export type Server = z.infer<typeof serverSchema>;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the server's URL, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** What the body holds that no message may show. */
  readonly secret?: string;
}

/** A server's refusal, with the words it gave. */
export class Refusal extends ActionableError {
  readonly status: number;
  /** The server's own message, without secrets. */
  readonly answer: string;

  constructor(status: number, answer: string, message: string) {
    super(status === 401 ? "headscale-unauthorized" : "headscale-refused", message);
    this.status = status;
    this.answer = answer;
  }
}

/** A call that got no answer; `repeatable` when making it again cannot do a thing twice. */
class NoAnswer extends Unreachable {
  readonly repeatable: boolean;

  constructor(message: string, repeatable: boolean) {
    super("headscale-unreachable", message);
    this.repeatable = repeatable;
  }
}

/**
 * Makes one call of the REST API, again and again for `milliseconds` while nobody answers.
 *
 * @returns the answer's JSON.
 * @throws Unreachable; Refusal; ActionableError `headscale-untrusted`, `headscale-unintelligible`.
 */
export async function callServer(server: Server, call: Call, milliseconds: number): Promise<unknown> {
  const now = { ...server, url: presentUrl(server.url) };
  const { status, text } = await pRetry(() => attempt(now, call, Math.min(longestAnswer, milliseconds)), {
    retries: Infinity,
    maxRetryTime: milliseconds,
    minTimeout: 250,
    factor: 1.5,
    maxTimeout: 2 * seconds,
    shouldRetry: ({ error }) => error instanceof NoAnswer && error.repeatable,
  });
  const json = jsonOf(text);
  if (status >= 200 && status < 300 && json !== undefined) return json;
  const answer = withoutSecrets(wordsOf(json) ?? text.slice(0, 300).trim(), server, call);
  const what = `the Headscale server ${server.url} answered ${status} to ${call.method} ${pathOnly(call)}: ${answer || "nothing"}`;
  if (status >= 200 && status < 300)
    throw new ActionableError("headscale-unintelligible", `${what}; that is no JSON, so something else listens there`);
  if (status === 401)
    throw new Refusal(status, answer, `${what}; its API key is expired, was deleted, or is another server's`);
  throw new Refusal(status, answer, what);
}

/** A server in an embedded cluster may have got another port since. */
function presentUrl(url: string): string {
  const { hostname, port } = new URL(url),
    now = presentPort(Number(port || 443));
  return reached(hostname).hostname !== "127.0.0.1" || String(now) === (port || "443")
    ? url
    : Object.assign(new URL(url), { port: String(now) }).href;
}

async function attempt(server: Server, call: Call, patience: number): Promise<Answer> {
  const mayRepeat = call.method === "GET" || call.method === "PUT";
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  let sent = false;
  const answer = await ask(at(server, call), {
    ...options(server, call),
    body,
    patience,
    headers: headers(server, body),
    onSent: () => (sent = true),
  }).catch((error: NodeJS.ErrnoException) => {
    const message = `the Headscale server ${server.url} does not answer: ${withoutSecrets(error.message || (error.code ?? ""), server, call)}`;
    if (passesByItself(error)) throw new NoAnswer(message, mayRepeat || !sent);
    throw new ActionableError(
      "headscale-untrusted",
      `${message}. If an authority of your own signed its certificate, give that as caCertificatePem`,
    );
  });
  // What a proxy says when the server behind it is away.
  if ([502, 503, 504].includes(answer.status))
    throw new NoAnswer(`the Headscale server ${server.url} is away: a proxy answered ${answer.status}`, mayRepeat);
  return answer;
}

const at = (server: Server, { path }: Call): URL => new URL(server.url.replace(/\/+$/, "") + path);

function options(server: Server, call: Call): RequestOptions {
  return {
    ...reached(at(server, call).hostname),
    method: call.method,
    agent: false,
    ...(server.caCertificatePem === undefined ? {} : { ca: server.caCertificatePem }),
  };
}

/**
 * Where a host is reached. Names below `.localhost` are this machine by RFC 6761, section 6.3,
 * which glibc's resolver does not know; the certificate is still held against the name.
 */
export function reached(hostname: string): { hostname: string; servername?: string } {
  if (hostname === "localhost" || hostname.endsWith(".localhost"))
    return { hostname: "127.0.0.1", servername: hostname };
  return { hostname: hostname.replace(/^\[(.*)\]$/, "$1") };
}

function headers({ url, apiKey }: Server, body: string | undefined): OutgoingHttpHeaders {
  const content =
    body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  return { Host: new URL(url).host, Authorization: `Bearer ${apiKey}`, Accept: "application/json", ...content };
}

const status = z.object({ message: z.string() });

/** The message of an error in the shape that the server's gateway gives it. */
function wordsOf(json: unknown): string | undefined {
  return status.safeParse(json).data?.message;
}

function withoutSecrets(text: string, { apiKey }: Server, { secret }: Call): string {
  return [apiKey, ...(secret === undefined ? [] : [secret])].reduce(
    (shown, hidden) => shown.replaceAll(hidden, "[secret]"),
    text,
  );
}

function pathOnly({ path }: Call): string {
  return path.split("?")[0] ?? path;
}
