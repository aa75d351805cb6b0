import { createReadStream } from "node:fs";
import { request as plainly, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as securely } from "node:https";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import pRetry from "p-retry";
import { z } from "zod";
import type { Waiting } from "../cluster/ready-pod.ts";
import { ActionableError, Unreachable } from "../errors.ts";
import { messageOf, passesByItself } from "../http/network-errors.ts";
import { jsonOf } from "../http/request.ts";
import type { Progress } from "../node/toolchain.ts";

const seconds = 1000;

/** Milliseconds a change waits for a server whose image may still be on its way. */
export const patience: Waiting = { ready: 600 * seconds };
/** Milliseconds a question waits: a preview beside a server that is away shall not take long. */
export const littlePatience: Waiting = { ready: 3 * seconds };
/** Milliseconds a removal waits: without a pod there is nothing to remove by it. */
export const patienceToRemove: Waiting = { ready: 60 * seconds, there: 3 * seconds };

/** Milliseconds without a word after which a call is given up. A server that reads a model of many gigabytes says nothing meanwhile. */
const longestSilence = 600 * seconds;
/** How often a call that broke is made again: each goes on where the one before was. */
const AGAIN = 5;

/** How to speak to a server, as the SDK's `OllamaServer`. */
export const serverSchema = z.union([
  z.object({
    url: z
      .url({ protocol: /^https?$/, error: "must be an address such as http://192.168.1.20:11434" })
      .transform((url) => url.replace(/\/+$/, "")),
    caCertificatePem: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
  }),
  z.object({
    pod: z.object({
      kubeconfig: z.string().min(1),
      context: z.string().optional(),
      namespace: z.string().min(1),
      labelSelector: z.string().min(1),
      container: z.string().min(1),
      port: z.number().int().min(1).max(65535),
    }),
  }),
]);
export type Server = z.infer<typeof serverSchema>;

/** What a call is, below the server's address. */
export interface Call {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** A file that is sent instead. */
  readonly file?: { readonly path: string; readonly size: number; readonly onSent: (bytes: number) => void };
  /** Told of each line of an answer that comes in lines. */
  readonly onLine?: (line: unknown) => void;
}

export interface Answer {
  readonly status: number;
  /** JSON; of an answer in lines there is none. */
  readonly json: unknown;
}

/** A server's refusal, with the words it gave. */
export class Refusal extends ActionableError {
  readonly status: number;

  constructor(status: number, message: string) {
    super("ollama-refused", message);
    this.status = status;
  }
}

/** The server as messages call it. */
export function nameOf(server: Server): string {
  return "url" in server ? `the Ollama server ${server.url}` : `the Ollama server in ${server.pod.namespace}`;
}

/**
 * The way to a server that answers.
 *
 * @returns makes a call of it, again where the connection breaks
 * @throws Unreachable, NoPod; the calls Refusal, ActionableError `ollama-untrusted`
 */
export async function connected(
  server: Server,
  waiting: Waiting,
  progress: Progress,
): Promise<(call: Call) => Promise<Answer>> {
  const connect = "url" in server ? undefined : await toPod(server.pod, waiting, progress);
  return (call) =>
    pRetry(() => attempt(server, call, waiting, connect), {
      // One that gives up soon is asked but once.
      retries: waiting.ready > longestSilence / 10 ? AGAIN : 0,
      minTimeout: seconds,
      shouldRetry: ({ error }) => error instanceof Unreachable,
      onFailedAttempt: ({ error }) => progress(error.message),
    });
}

/** Loaded late, for the cluster's client is large. */
async function toPod(
  { port, ...address }: Extract<Server, { pod: object }>["pod"],
  waiting: Waiting,
  progress: Progress,
): Promise<() => Promise<Duplex>> {
  const [{ readKubeconfig }, { readyPod }, { forwarded }] = await Promise.all([
    import("../cluster/kubeconfig.ts"),
    import("../cluster/ready-pod.ts"),
    import("../cluster/forward.ts"),
  ]);
  const config = readKubeconfig(address.kubeconfig, address.context);
  const { namespace } = address;
  // Asked for anew each time: the one before may be gone, and its end why the call broke.
  let pod: string | undefined = await readyPod(config, address, waiting, progress);
  return async () => {
    const now = pod ?? (await readyPod(config, address, waiting, progress));
    pod = undefined;
    return forwarded(config, { namespace, pod: now, port });
  };
}

async function attempt(
  server: Server,
  call: Call,
  { ready }: Waiting,
  connect: (() => Promise<Duplex>) | undefined,
): Promise<Answer> {
  const stream = await connect?.();
  try {
    return await answered(server, call, await asked(server, call, Math.min(ready, longestSilence), stream));
  } catch (error) {
    if (error instanceof ActionableError) throw error;
    const message = `${nameOf(server)} does not answer: ${messageOf(error)}`;
    if (passesByItself(error)) throw new Unreachable("ollama-unreachable", message);
    throw new ActionableError(
      "ollama-untrusted",
      `${message}. If an authority of your own signed its certificate, give that as caCertificatePem`,
    );
  } finally {
    stream?.destroy();
  }
}

/** An answer that has begun, and what puts off that it is given up. */
interface Begun {
  readonly response: IncomingMessage;
  readonly heard: () => void;
}

function asked(server: Server, call: Call, silence: number, stream: Duplex | undefined): Promise<Begun> {
  const { method, path, body, file } = call;
  const content = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    method,
    headers: {
      Accept: "application/json",
      ...(content !== undefined && {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(content),
      }),
      ...(file !== undefined && { "Content-Type": "application/octet-stream", "Content-Length": file.size }),
    },
  };
  return new Promise((resolve, reject) => {
    const asking = request(server, path, options, stream)
      .on("response", (response) => resolve({ response, heard }))
      .on("error", (error) => reject(error));
    // A stream that is no socket has no timer of its own.
    const timer = setTimeout(() => asking.destroy(silent(silence)), silence);
    let over = false;
    const heard = (): void => void (over || timer.refresh());
    asking.once("close", () => {
      over = true;
      clearTimeout(timer);
    });
    if (file === undefined) return void asking.end(content);
    let sent = 0;
    const source = createReadStream(file.path, { highWaterMark: 256 * 1024 }).on("data", (chunk) => {
      sent += chunk.length;
      heard();
      file.onSent(sent);
    });
    // A refusal comes before the end of the file; the answer tells more than the broken pipe.
    pipeline(source, asking).catch((error: unknown) => void setImmediate(() => reject(error)));
  });
}

function request(server: Server, path: string, options: RequestOptions, stream: Duplex | undefined): ClientRequest {
  if (!("url" in server)) return plainly({ ...options, path, host: "ollama", createConnection: () => stream });
  const { url, caCertificatePem: ca } = server;
  return url.startsWith("https:")
    ? securely(`${url}${path}`, { ...options, agent: false, ...(ca !== undefined && { ca }) })
    : plainly(`${url}${path}`, { ...options, agent: false });
}

const complaint = z.object({ error: z.string() });

async function answered(server: Server, { method, path, onLine }: Call, { response, heard }: Begun): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const refused = (why: string): Refusal =>
    new Refusal(status, `${nameOf(server)} refused ${method} ${path}: ${why || `it answered ${status}`}`);
  if (status >= 400 && status !== 404) {
    const words = await text(response);
    if ([502, 503, 504].includes(status))
      throw new Unreachable("ollama-unreachable", `${nameOf(server)} is away: a proxy answered ${status}`);
    throw refused(complaint.safeParse(jsonOf(words)).data?.error ?? words.slice(0, 300).trim());
  }
  if (onLine === undefined || status === 404) return { status, json: jsonOf(await text(response)) };
  for await (const line of linesOf(response)) {
    heard();
    const json = jsonOf(line);
    const error = complaint.safeParse(json).data?.error;
    if (error !== undefined) throw refused(error);
    onLine(json);
  }
  // Lines that end with their connection look whole otherwise.
  if (!response.complete) throw silent(0);
  return { status, json: undefined };
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let begun = "";
  for await (const part of response.setEncoding("utf8")) {
    const lines = (begun + String(part)).split("\n");
    begun = lines.pop() ?? "";
    yield* lines;
  }
  if (begun !== "") yield begun;
}

function silent(milliseconds: number): Error {
  const message = milliseconds === 0 ? "it broke off" : `no word for ${milliseconds / seconds} s`;
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
