import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { pathOf } from "../../pod/logging.ts";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import { NotesError, toNotesError } from "./errors.ts";
import { IDENTITY_HEADER, type Identities } from "./identity.ts";
import { registerMcp } from "./mcp.ts";
import { registerNotes, type Asked } from "./note-routes.ts";
import { refuseOtherPages } from "./other-pages.ts";
import { pageHeaders } from "./own-headers.ts";
import { registerPages } from "./pages.ts";
import { serveSockets } from "./room-sockets.ts";
import type { Tokens } from "./tokens.ts";
import type { ErrorBody, Me } from "./types.ts";
import { Vaults } from "./vaults.ts";

export interface NotesAppParts {
  readonly vaults: Vaults;
  readonly identities: Identities;
  readonly tokens: Tokens;
  readonly guildName: string;
  /** Where the built pages lie. @default there are none */
  readonly uiDirectory?: string;
  /** @default plain HTTP */
  readonly certificate?: CertificatePair;
  readonly log: FastifyBaseLogger;
}

/** A note and what it replaces, as JSON. */
const MOST_BYTES = 12 * 1024 * 1024;

/** The notes' own server: API, pages and rooms for people whom the portal names, MCP for workspaces by their tokens. */
export async function notesApp(parts: NotesAppParts): Promise<FastifyInstance> {
  const { vaults, identities, guildName, log, certificate } = parts;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    bodyLimit: MOST_BYTES,
    forceCloseConnections: true,
    ...(certificate && { https: { ...certificate, minVersion: MIN_TLS_VERSION } }),
  }) as unknown as FastifyInstance;
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    answerError(new NotesError(404, "not_found", "There is nothing here."), request, reply),
  );
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(pageHeaders()).header("x-request-id", request.id);
    refuseOtherPages(request.method, request.headers);
  });

  const person = async (request: FastifyRequest): Promise<string> => {
    const handle = await identities.handleOf(request.headers[IDENTITY_HEADER]);
    if (handle !== undefined) return handle;
    throw new NotesError(401, "signed_out", "Open the notes through the portal, and sign in there.");
  };
  const ask = async (request: FastifyRequest): Promise<Asked> => {
    const handle = await person(request);
    const { vault: name } = request.params as { readonly vault: string };
    const vault = await vaults.for(handle, name);
    if (vault === undefined) throw new NotesError(404, "missing", "There is no such vault.");
    return { handle, vault, name };
  };

  app.get("/api/me", async (request): Promise<Me> => {
    const handle = await person(request);
    return { handle, guildName, vaults: Vaults.namesFor(handle) };
  });
  registerNotes(app, ask);
  registerMcp(app, vaults, parts.tokens);
  if (parts.uiDirectory !== undefined) await registerPages(app, parts.uiDirectory, person);
  serveSockets(app, vaults, identities, log);
  return app;
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toNotesError(thrown);
  if (error.statusCode >= 500) request.log.error({ err: error, path: pathOf(request.url) }, "request failed");
  const body: ErrorBody = { code: error.code, message: error.message, request_id: request.id };
  void reply.code(error.statusCode).headers(pageHeaders()).type("application/json; charset=utf-8").send(body);
}
