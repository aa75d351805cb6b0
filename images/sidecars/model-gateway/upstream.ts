import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, request, type Dispatcher } from "undici";
import { GatewayError } from "./errors.ts";
import type { QuestionPath } from "./question.ts";
import type { Server } from "./settings.ts";

export interface Patience {
  readonly connectMs: number;
  /** Until an answer begins, and between two parts of it: a large question takes a model on a processor minutes to read. */
  readonly answerMs: number;
}

const PATIENCE: Patience = { connectMs: 10_000, answerMs: 15 * 60_000 };

/** Most of a refusal that is read for its words. */
const REFUSAL_BYTES = 64 * 1024;

/** A server's answer that is to be passed on. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isEvents: boolean;
  readonly body: AsyncIterable<Buffer>;
}

/** Asks servers, with the keys that nobody else has. */
export interface Upstream {
  /** @throws GatewayError that says which server did what */
  ask(server: Server, path: QuestionPath, bytes: Buffer, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** @param keysDirectory holds a file for each key; read for each question, as a key is renewed while the gateway runs */
export function upstream(keysDirectory: string, { connectMs, answerMs }: Patience = PATIENCE): Upstream {
  const agents = new Map<Server, Agent>();
  const agentOf = (server: Server): Agent => {
    const before = agents.get(server);
    if (before !== undefined) return before;
    const { authority } = server;
    const agent = new Agent({
      connect: { timeout: connectMs, ...(authority !== undefined && { ca: authority }) },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
    agents.set(server, agent);
    return agent;
  };
  return {
    async ask(server, path, bytes, signal) {
      const key = await keyOf(server, keysDirectory);
      const headers = {
        "content-type": "application/json",
        accept: "text/event-stream, application/json",
        "accept-encoding": "identity",
        "user-agent": "guildnet-model-gateway",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      };
      const answer = await request(`${server.url}${path}`, {
        method: "POST",
        headers,
        body: bytes,
        signal,
        dispatcher: agentOf(server),
      }).catch((cause: unknown) => {
        if (signal.aborted) throw cause;
        throw away(server, cause);
      });
      return taken(server, answer);
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

async function keyOf({ name, key }: Server, directory: string): Promise<string | undefined> {
  if (key === undefined) return undefined;
  try {
    return (await readFile(join(directory, key), "utf8")).trim();
  } catch (cause) {
    throw new GatewayError(502, "upstream_key", `The gateway has no key for the model server "${name}".`, { cause });
  }
}

/** Nothing of the cause is told: it has addresses of the guild's in it, which the log has. */
function away({ name }: Server, cause: unknown): GatewayError {
  const { code } = cause as { code?: string };
  const slow = code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT";
  return slow
    ? new GatewayError(504, "upstream_timeout", `The model server "${name}" did not answer in time.`, { cause })
    : new GatewayError(502, "upstream_unreachable", `The model server "${name}" can't be reached.`, { cause });
}

async function taken(server: Server, { statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const type = String(headers["content-type"] ?? "")
    .split(";", 1)[0]
    ?.trim()
    .toLowerCase();
  const isEvents = type === "text/event-stream";
  if (statusCode === 200 && (isEvents || type === "application/json"))
    return { statusCode, isEvents, headers: passedOn(headers), body: body as AsyncIterable<Buffer> };
  const words = await start(body);
  // What is wrong with the question is for who asked. That the key is refused is not, nor what a proxy on the way has to say.
  if (statusCode >= 400 && ![401, 403, 407].includes(statusCode) && isError(words))
    return { statusCode, isEvents: false, headers: passedOn(headers), body: once(words) };
  throw odd(server, statusCode, type);
}

function odd({ name }: Server, statusCode: number, type: string | undefined): GatewayError {
  if (statusCode === 401 || statusCode === 403)
    return new GatewayError(
      502,
      "upstream_key",
      `The model server "${name}" refuses the gateway's key (${statusCode}).`,
    );
  const what =
    statusCode === 200 ? `with ${type || "nothing that says what it is"} instead of JSON` : String(statusCode);
  const status = statusCode === 429 || statusCode === 503 ? statusCode : 502;
  return new GatewayError(status, "upstream_odd", `The model server "${name}" answered ${what}.`);
}

/** Of a server's headers those that clients act on. */
function passedOn(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(
    ["content-type", "retry-after", "x-request-id"].flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

/** Whether text is an error in OpenAI's form. */
function isError(text: Buffer): boolean {
  try {
    const { error } = JSON.parse(text.toString("utf8")) as { error?: unknown };
    return typeof error === "object" && error !== null;
  } catch {
    return false;
  }
}

/** What a body begins with; the rest is left unread, and its connection ended. */
async function start(body: Dispatcher.ResponseData["body"]): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > REFUSAL_BYTES) break;
    }
  } catch {
    // What came of it does.
  }
  return Buffer.concat(parts);
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
