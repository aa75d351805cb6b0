import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { MIN_TLS_VERSION, type CertificatePair } from "../../pod/tls.ts";
import { basicCredentials, type Credentials } from "./credentials.ts";
import { secondsLeft, underWay, type Maintenance } from "./maintenance.ts";
import { changes, grant, parseScopes } from "./scopes.ts";
import { TOKEN_SECONDS, type TokenIssuer } from "./token-issuer.ts";

export interface TokenServerParts {
  /** The registry's name for itself, which a request must repeat. */
  readonly service: string;
  readonly certificate: CertificatePair;
  readonly issuer: TokenIssuer;
  readonly credentials: Credentials;
  readonly maintenance?: Maintenance;
  /** @default the clock */
  readonly now?: () => Date;
  readonly log: FastifyBaseLogger;
}

interface Answer {
  readonly statusCode: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Where clients of the registry get their tokens: `GET /token?service=…&scope=…`, with a workspace's credentials or
 * without any. One path and no state, so there is nothing here for a framework to do.
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function tokenServer(parts: TokenServerParts): Server {
  const server = createServer({ ...parts.certificate, minVersion: MIN_TLS_VERSION }, (request, response) => {
    void answer(request, parts)
      .catch((error: unknown): Answer => {
        parts.log.error({ err: error }, "no token could be given");
        return refusal(503, "UNAVAILABLE", "The credentials can't be checked just now.", { "retry-after": "5" });
      })
      .then((reply) => send(response, reply));
  });
  server.on("tlsClientError", (error) => parts.log.debug({ err: error }, "TLS handshake failed"));
  return server;
}

async function answer(request: IncomingMessage, parts: TokenServerParts): Promise<Answer> {
  const url = new URL(request.url ?? "/", "https://registry");
  if (url.pathname !== "/token") return refusal(404, "NAME_UNKNOWN", "There is nothing here but /token.");
  // Clients try the OAuth 2 form by POST first; being told that there is none they come back with GET.
  if (request.method !== "GET") return refusal(405, "UNSUPPORTED", "Ask with GET.", { allow: "GET" });
  if (url.searchParams.get("service") !== parts.service)
    return refusal(400, "UNSUPPORTED", `Tokens are for the service ${parts.service}.`);
  const wanted = parseScopes(url.searchParams.getAll("scope"));
  if (wanted === undefined) return refusal(400, "UNSUPPORTED", "A scope is written type:name:actions.");

  const { workspace, refused } = await authenticated(request, parts.credentials);
  if (refused)
    return refusal(401, "UNAUTHORIZED", "No workspace has this name and password.", {
      "www-authenticate": `Basic realm="${parts.service}"`,
    });
  const access = grant(wanted, workspace);
  const now = parts.now?.() ?? new Date();
  if (changes(access) && parts.maintenance !== undefined && underWay(parts.maintenance, now)) {
    return refusal(503, "UNAVAILABLE", "Nothing can be pushed while the registry is tidied up.", {
      "retry-after": String(secondsLeft(parts.maintenance, now)),
    });
  }
  if (changes(access)) parts.log.info({ workspace, access }, "may push");
  const token = await parts.issuer.issue(workspace ?? "", access, now);
  return {
    statusCode: 200,
    body: { token, access_token: token, expires_in: TOKEN_SECONDS, issued_at: now.toISOString() },
  };
}

/** Who asks: a workspace, nobody in particular, or somebody whose credentials are wrong. */
async function authenticated(
  { headers }: IncomingMessage,
  credentials: Credentials,
): Promise<{ workspace?: string; refused?: boolean }> {
  if (headers.authorization === undefined) return {};
  const given = basicCredentials(headers.authorization);
  return given !== undefined && (await credentials.check(given.name, given.password))
    ? { workspace: given.name }
    : { refused: true };
}

/** The registry's own form of an error, which its clients show. */
function refusal(statusCode: number, code: string, message: string, headers: Record<string, string> = {}): Answer {
  return { statusCode, body: { errors: [{ code, message }] }, headers };
}

function send(response: ServerResponse, { statusCode, body, headers }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(statusCode, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...headers,
  });
  response.end(text);
}
