import type { OutgoingHttpHeaders } from "node:http";
import { request, type RequestOptions } from "node:https";
import pRetry from "p-retry";
import { z } from "zod";
import { ActionableError, Unreachable } from "../errors.ts";
import { passesByItself } from "../network-errors.ts";

const seconds = 1000;

/** Milliseconds a change waits for a server that was just made or restarted. */
export const patience = 60 * seconds;
/** Milliseconds a question waits: a preview of a stopped cluster shall not take long. */
export const littlePatience = 3 * seconds;
/** Milliseconds without a word after which a call is given up. */
const longestAnswer = 10 * seconds;

/** How to speak to a server, as the SDK's `HeadscaleServer`. */
export const serverSchema = z.object({
  url: z.url({ protocol: /^https$/, error: "must be an address such as https://headscale.example.org: the API key goes over it" }),
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
  const { status, text } = await pRetry(() => attempt(server, call, Math.min(longestAnswer, milliseconds)), {
    retries: Infinity, maxRetryTime: milliseconds, minTimeout: 250, factor: 1.5, maxTimeout: 2 * seconds,
    shouldRetry: ({ error }) => error instanceof NoAnswer && error.repeatable,
  });
  const json = parsed(text);
  if (status >= 200 && status < 300 && json !== undefined) return json;
  const answer = withoutSecrets(wordsOf(json) ?? text.slice(0, 300).trim(), server, call);
  const what = `the Headscale server ${server.url} answered ${status} to ${call.method} ${pathOnly(call)}: ${answer || "nothing"}`;
  if (status >= 200 && status < 300) throw new ActionableError("headscale-unintelligible", `${what}; that is no JSON, so something else listens there`);
  if (status === 401) throw new Refusal(status, answer, `${what}; its API key is expired, was deleted, or is another server's`);
  throw new Refusal(status, answer, what);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function attempt(server: Server, call: Call, timeout: number): Promise<Answer> {
  const mayRepeat = call.method === "GET" || call.method === "PUT";
  const failure = (error: NodeJS.ErrnoException, sent: boolean): Error => {
    const message = `the Headscale server ${server.url} does not answer: ${withoutSecrets(error.message || (error.code ?? ""), server, call)}`;
    if (passesByItself(error)) return new NoAnswer(message, mayRepeat || !sent);
    return new ActionableError("headscale-untrusted", `${message}. If an authority of your own signed its certificate, give that as caCertificatePem`);
  };
  const answer = await send(server, call, timeout, failure);
  // What a proxy says when the server behind it is away.
  if ([502, 503, 504].includes(answer.status)) throw new NoAnswer(`the Headscale server ${server.url} is away: a proxy answered ${answer.status}`, mayRepeat);
  return answer;
}

function send(server: Server, call: Call, timeout: number, failure: (error: NodeJS.ErrnoException, sent: boolean) => Error): Promise<Answer> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    let sent = false;
    const fail = (error: NodeJS.ErrnoException): void => reject(failure(error, sent));
    const sending = request({ ...options(server, call), timeout, headers: headers(server, body) }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("error", fail)
        .on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sending.on("socket", (socket) => socket.once("secureConnect", () => (sent = true)));
    sending.on("timeout", () => sending.destroy(Object.assign(new Error(`no word for ${timeout / seconds} s`), { code: "ETIMEDOUT" })));
    sending.on("error", fail).end(body);
  });
}

function options(server: Server, call: Call): RequestOptions {
  const url = new URL(server.url.replace(/\/+$/, "") + call.path);
  return {
    ...reached(url.hostname), port: url.port || 443, path: url.pathname + url.search,
    method: call.method, agent: false,
    ...(server.caCertificatePem === undefined ? {} : { ca: server.caCertificatePem }),
  };
}

/**
 * Where a host is reached. Names below `.localhost` are this machine by RFC 6761, section 6.3,
 * which glibc's resolver does not know; the certificate is still held against the name.
 */
export function reached(hostname: string): { host: string; servername?: string } {
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return { host: "127.0.0.1", servername: hostname };
  return { host: hostname.replace(/^\[(.*)\]$/, "$1") };
}

function headers({ url, apiKey }: Server, body: string | undefined): OutgoingHttpHeaders {
  const content = body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  return { Host: new URL(url).host, Authorization: `Bearer ${apiKey}`, Accept: "application/json", ...content };
}

const status = z.object({ message: z.string() });

/** The message of an error in the shape that the server's gateway gives it. */
function wordsOf(json: unknown): string | undefined {
  return status.safeParse(json).data?.message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller tells of it
  }
}

function withoutSecrets(text: string, { apiKey }: Server, { secret }: Call): string {
  return [apiKey, ...(secret === undefined ? [] : [secret])].reduce((shown, hidden) => shown.replaceAll(hidden, "[secret]"), text);
}

function pathOnly({ path }: Call): string {
  return path.split("?")[0] ?? path;
}
