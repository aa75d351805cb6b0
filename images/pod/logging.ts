import Fastify, { type FastifyBaseLogger, type FastifyRequest } from "fastify";

/** Where log lines go; stdout unless a test looks at them. */
export interface LogStream {
  write(line: string): void;
}

/**
 * JSON lines. Of a request only method, host and path are written: sign-in links and hand-off tickets travel in the
 * query, sessions in cookies, and none of them may reach a log.
 */
export function createLog(level: string, stream?: LogStream): FastifyBaseLogger {
  const logger = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { req: describeRequest, err: describeError },
    ...(stream && { stream }),
  };
  // Fastify brings its logger (pino) along and makes it from these options.
  return Fastify({ logger }).log;
}

export function pathOf(url: string | undefined): string {
  return (url ?? "").split("?", 1)[0] ?? "";
}

function describeRequest(request: FastifyRequest): Record<string, unknown> {
  return { method: request.method, host: request.headers.host, path: pathOf(request.url), from: request.ip };
}

/** Only what an error says of itself: errors of HTTP clients carry whole requests, headers included, as properties. */
function describeError(error: Error & { code?: unknown }): {
  type: string;
  message: string;
  stack: string;
  [key: string]: unknown;
} {
  const cause = error.cause instanceof Error ? { cause: error.cause.stack } : {};
  return { type: error.name, message: error.message, stack: error.stack ?? "", code: error.code, ...cause };
}
