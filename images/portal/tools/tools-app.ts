import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import Fastify, { LogController } from "fastify";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import type { Services } from "../api/services.ts";
import { errorBody, PortalError, toPortalError } from "../entrance/errors.ts";
import type { WorkspaceEventBus } from "../guild/workspace-events.ts";
import type { Workspace } from "../guild/workspaces.ts";
import { workspaceOf } from "../identity/workspace-tokens.ts";
import type { Asking } from "./asking.ts";
import type { Docs } from "./docs.ts";
import { addEventTools, LONGEST_WAIT } from "./event-tools.ts";
import { addGuildTools } from "./guild-tools.ts";
import { Toolbox } from "./toolbox.ts";

/** A question to a tool is a line. */
const MOST_BYTES = 64 * 1024;
const MOST_CONNECTIONS = 500;
/** As many agents as a person has at work. */
const AT_ONCE = 8;
/** Header with the workspace's credentials for the event bus, as base64: they pass through, and are kept nowhere. */
export const EVENTS_HEADER = "x-guildnet-events";
const MOST_CREDENTIALS = 8 * 1024;

export interface ToolsParts {
  readonly certificate: CertificatePair;
  /** What workspaces' tokens are made with. */
  readonly key: Uint8Array;
  readonly docs: () => Promise<Docs>;
  /** Undefined where the guild has none. */
  readonly events?: WorkspaceEventBus;
  readonly log: FastifyBaseLogger;
}

const WORKSPACE = "workspace";

/**
 * Tools for agents (MCP), each server at a path of its own: `/guild`, and `/events` where there is a bus. Whoever asks is a
 * workspace, by its token, and sees what its owner sees. A question is answered and forgotten: there are no sessions.
 * https://modelcontextprotocol.io/specification/2025-06-18/basic/transports
 */
export function toolsApp(services: Services, parts: ToolsParts) {
  const { certificate, docs, events, key, log } = parts;
  const app = Fastify({
    https: { ...certificate, minVersion: MIN_TLS_VERSION },
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: (LONGEST_WAIT + 30) * 1000,
    forceCloseConnections: true,
    return503OnClosing: false,
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.decorateRequest(WORKSPACE, null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, JSON.parse(body as string));
    } catch (cause) {
      done(new PortalError(400, "invalid_json", "The question is no JSON.", { cause }));
    }
  });
  app.setErrorHandler((error, request, reply) => refuse(log, request, reply, toPortalError(error)));
  app.setNotFoundHandler((request, reply) => refuse(log, request, reply, toPortalError({ statusCode: 404 })));

  // Before anything of the question itself is read.
  app.addHook("onRequest", async (request) => {
    // No browser asks here, and a page that makes one ask is refused before it is known to whom it belongs.
    if (request.headers.origin !== undefined) throw new PortalError(403, "foreign_origin", "Pages ask nothing here.");
    const token = /^Bearer +([\x21-\x7e]{1,300})$/i.exec(request.headers.authorization ?? "")?.[1];
    const workspace = token === undefined ? undefined : workspaceOf(token, key, services);
    if (workspace === undefined)
      throw new PortalError(
        401,
        "unknown_workspace",
        "Ask with a workspace's token: Authorization: Bearer $GUILDNET_TOOLS_TOKEN. After it was made anew the workspace has to be started anew.",
      );
    request.setDecorator(WORKSPACE, workspace);
  });

  const underWay = atOnce(AT_ONCE);
  const serve = (name: string, fill: (toolbox: Toolbox, asking: Asking) => void): void => {
    app.post(`/${name}`, async (request, reply) => {
      const workspace = request.getDecorator<Workspace>(WORKSPACE);
      // One question may wait for minutes, and many in one would pass for one.
      if (typeof request.body !== "object" || request.body === null || Array.isArray(request.body))
        throw new PortalError(400, "one_question", "A question is one JSON object.");
      const credentials = credentialsOf(request.headers[EVENTS_HEADER]);
      const leave = underWay(workspace.id);
      const gone = new AbortController();
      reply.raw.once("close", () => {
        gone.abort();
        leave();
      });
      const toolbox = new Toolbox(`guildnet-${name}`, log);
      fill(toolbox, { workspace, credentials, gone: gone.signal });
      await answer(toolbox, request, reply, log);
      return reply;
    });
    // There is no stream to open, and no session to end.
    app.route({
      method: ["GET", "DELETE"],
      url: `/${name}`,
      handler: () => {
        throw new PortalError(405, "method_not_allowed", "Questions are posted here.");
      },
    });
  };
  serve("guild", (toolbox, asking) => addGuildTools(toolbox, asking, services, docs));
  if (events !== undefined)
    serve("events", (toolbox, asking) => addEventTools(toolbox, asking, events, services.admins));
  return app;
}

async function answer(
  { server }: Toolbox,
  request: FastifyRequest,
  reply: FastifyReply,
  log: FastifyBaseLogger,
): Promise<void> {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  reply.raw.once("close", () => void server.close());
  transport.onerror = (error) => log.debug({ err: error }, "a question to a tool was not understood");
  await server.connect(transport);
  reply.hijack();
  reply.raw.setHeader("cache-control", "no-store");
  await transport.handleRequest(request.raw, reply.raw, request.body);
}

/** @returns undefined where none came @throws {PortalError} where they are none */
function credentialsOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined || header === "") return undefined;
  const text =
    typeof header === "string" && header.length <= MOST_CREDENTIALS && /^[A-Za-z0-9+/=]+$/.test(header)
      ? Buffer.from(header, "base64").toString("utf8")
      : "";
  if (text.includes("-----BEGIN NATS USER JWT-----")) return text;
  throw new PortalError(400, "bad_credentials", `${EVENTS_HEADER} has no credentials for the event bus, as base64.`);
}

/** @returns counts one more for somebody, and gives what ends it @throws {PortalError} 429 where there are too many */
function atOnce(most: number): (id: string) => () => void {
  const open = new Map<string, number>();
  return (id) => {
    const now = open.get(id) ?? 0;
    if (now >= most)
      throw new PortalError(429, "too_many", `${id} has ${most} questions under way, and may have no more at once.`);
    open.set(id, now + 1);
    return () => {
      const left = (open.get(id) ?? 1) - 1;
      if (left > 0) open.set(id, left);
      else open.delete(id);
    };
  };
}

function refuse(log: FastifyBaseLogger, request: FastifyRequest, reply: FastifyReply, error: PortalError) {
  if (error.statusCode >= 500) log.warn({ err: error, request_id: request.id }, "a question to a tool failed");
  return reply
    .code(error.statusCode)
    .header("cache-control", "no-store")
    .headers(error.statusCode === 401 ? { "www-authenticate": "Bearer" } : {})
    .send(errorBody(error, request.id));
}
