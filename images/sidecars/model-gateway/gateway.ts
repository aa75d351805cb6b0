import { once } from "node:events";
import type { ServerResponse } from "node:http";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from "fastify";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import { catalogue, described, type Served } from "./catalogue.ts";
import { bearerToken, type Credentials } from "./credentials.ts";
import { GatewayError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import { QUESTION_PATHS, readQuestion, sentTo, type Question } from "./question.ts";
import type { Settings } from "./settings.ts";
import type { Told } from "./told.ts";
import type { Answer, Upstream } from "./upstream.ts";
import { observeEvents, observeWhole, type Usage } from "./usage.ts";

/** A long conversation with some pictures. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Without a byte in either direction; longer than a model is waited for. */
const SILENCE_MS = 20 * 60_000;
export interface GatewayParts {
  readonly certificate: CertificatePair;
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly upstream: Upstream;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Who else is told of every question. */
  readonly told?: readonly Told[];
  readonly log: FastifyBaseLogger;
}

/** Who asks. */
const WORKSPACE = "workspace";
/** Counts the question as over. */
const OVER = "over";

/**
 * One address for all models: it knows who asks, asks on with keys that it alone has, and counts.
 * Answers are passed on as they are, and questions nearly so; neither is in a log.
 */
export function gateway(parts: GatewayParts) {
  const { certificate, credentials, limits, log, metrics, settings } = parts;
  const models = catalogue(settings);
  const app = Fastify({
    https: { ...certificate, minVersion: MIN_TLS_VERSION },
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BYTES,
    connectionTimeout: SILENCE_MS,
    requestTimeout: 60_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
  });
  app.decorateRequest(WORKSPACE, "");
  app.decorateRequest(OVER, null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => {
    request.getDecorator<(() => void) | null>(OVER)?.();
    return refuse(log, reply, asGatewayError(error));
  });
  app.setNotFoundHandler((_, reply) => refuse(log, reply, new GatewayError(404, "not_found", `Here are ${SERVED}.`)));

  // Before anything of the question itself is read.
  app.addHook("onRequest", async (request) => {
    const token = bearerToken(request.headers.authorization);
    const workspace = token === undefined ? undefined : await workspaceOf(credentials, token);
    if (workspace === undefined) throw stranger(token !== undefined);
    request.setDecorator(WORKSPACE, workspace);
  });

  app.get("/v1/models", (request) => ({
    object: "list",
    data: models.of(request.getDecorator<string>(WORKSPACE)).map(described),
  }));
  // Names have colons and slashes in them.
  app.get<{ Params: { "*": string } }>("/v1/models/*", (request) =>
    described(models.find(request.getDecorator<string>(WORKSPACE), request.params["*"])),
  );

  const told: readonly Told[] = [
    metrics,
    { asked: ({ workspace, usage }) => limits.spend(workspace, usage.input + usage.output) },
    { asked: ({ usage, ...rest }) => log.info({ ...rest, tokens: usage }, "asked") },
    ...(parts.told ?? []),
  ];
  for (const path of QUESTION_PATHS) {
    app.post(path, { preParsing: admit(limits, metrics) }, async (request, reply) => {
      const workspace = request.getDecorator<string>(WORKSPACE);
      const question = readQuestion(path, (request.body as Buffer | undefined) ?? Buffer.alloc(0));
      const served = models.find(workspace, question.content.model);
      const began = performance.now();
      const ended = (status: number, usage: Usage): void => {
        const { model, server } = served;
        const ms = Math.round(performance.now() - began);
        for (const each of told) each.asked({ workspace, model: model.name, server: server.name, status, usage, ms });
        // Before the last of the answer is sent: whoever has it may ask again at once.
        request.getDecorator<() => void>(OVER)();
      };
      await answer(reply, served, question, parts.upstream, ended);
      return reply;
    });
  }
  return app;
}

const SERVED = `GET /v1/models and ${QUESTION_PATHS.map((path) => `POST ${path}`).join(" and ")}`;

/** As many are let in as may ask at once, before any is read, so that no more are held at once either. */
function admit(limits: Limits, metrics: Metrics) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const leave = limits.admit(request.getDecorator<string>(WORKSPACE));
    metrics.underWay(1);
    let open = true;
    const over = (): void => {
      if (!open) return;
      open = false;
      leave();
      metrics.underWay(-1);
    };
    request.setDecorator(OVER, over);
    reply.raw.once("close", over);
  };
}

/**
 * Asks on, and passes the answer on part by part, as fast as it is taken. Who goes away ends the question at the server too.
 * @param ended told what became of it, and what it took
 */
async function answer(
  reply: FastifyReply,
  served: Served,
  question: Question,
  upstream: Upstream,
  ended: (status: number, usage: Usage) => void,
): Promise<void> {
  const { raw } = reply;
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  const { bytes, usageUnasked, restore } = sentTo(served, question);
  const asked = { bytes: bytes.length, contextWindow: served.model.contextWindow };
  let given: Answer;
  try {
    given = await upstream.ask(served.server, question.path, bytes, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) {
      ended(asGatewayError(error).statusCode, NOTHING);
      throw error;
    }
    // It was being read, maybe for minutes.
    ended(GONE, observeWhole(asked).usage());
    reply.hijack();
    return;
  }
  const { body, headers, isEvents, statusCode } = given;
  const observer = isEvents ? observeEvents(asked, { usageUnasked, restore }) : observeWhole(asked, restore);
  reply.hijack();
  raw.writeHead(statusCode, { ...headers, "cache-control": "no-store" });
  // A client that waits for events knows that it was understood.
  raw.flushHeaders();
  try {
    for await (const part of body) await send(raw, observer.see(part), gone.signal);
    await send(raw, observer.rest(), gone.signal);
  } catch {
    if (gone.signal.aborted) return ended(GONE, observer.usage());
    ended(BROKEN, observer.usage());
    // Headers are out. Without words a client would take what there is for the whole.
    if (isEvents) raw.end(lastEvent(served));
    else raw.destroy();
    return;
  }
  ended(statusCode, statusCode === 200 ? observer.usage() : NOTHING);
  raw.end();
}

/** As nginx has it: whoever asked is gone, and is told nothing. */
const GONE = 499;
const BROKEN = 502;
const NOTHING: Usage = { input: 0, output: 0, reported: true };

async function send(raw: ServerResponse, part: Buffer | string, signal: AbortSignal): Promise<void> {
  if (part.length > 0 && !raw.write(part)) await once(raw, "drain", { signal });
}

/** Begins with an end, lest it be taken for a part of the event that was cut off. */
function lastEvent({ server }: Served): string {
  const words = `The model server "${server.name}" broke off its answer.`;
  const error = new GatewayError(BROKEN, "upstream_broken", words).body;
  return `\n\nevent: error\ndata: ${JSON.stringify({ type: "error", code: "upstream_broken", message: words, ...error })}\n\n`;
}

async function workspaceOf(credentials: Credentials, token: string): Promise<string | undefined> {
  try {
    return await credentials.workspaceOf(token);
  } catch (cause) {
    const words = "Whose token this is can't be looked up just now.";
    throw new GatewayError(503, "unavailable", words, { headers: { "retry-after": "5" }, cause });
  }
}

function stranger(withToken: boolean): GatewayError {
  const words = withToken
    ? "No workspace has this token. A workspace has its own in OPENAI_API_KEY; after it was made anew the workspace has to be started anew."
    : "Ask with a workspace's token: Authorization: Bearer $OPENAI_API_KEY.";
  return new GatewayError(401, "invalid_api_key", words, { headers: { "www-authenticate": "Bearer" } });
}

/** What is wrong, in words for who asks. Of what nobody expected they are told no more than that. */
function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new GatewayError(413, "too_large", `A question may have ${MOST_BYTES / 1024 / 1024} MiB at most.`);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new GatewayError(415, "not_json", "A question is JSON, of content type application/json.");
  if (statusCode !== undefined && statusCode < 500) return new GatewayError(statusCode, "bad_request", String(error));
  return new GatewayError(500, "internal", "Something is wrong with the gateway; its log has more.", { cause: error });
}

function refuse(log: FastifyBaseLogger, reply: FastifyReply, error: GatewayError): FastifyReply {
  if (error.statusCode >= 500) log.warn({ err: error }, "a question failed");
  return reply
    .code(error.statusCode)
    .headers({ "cache-control": "no-store", ...error.headers })
    .type("application/json")
    .send(JSON.stringify(error.body));
}
