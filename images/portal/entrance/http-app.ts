import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { pathOf } from "../../pod/logging.ts";
import type { ErrorPage } from "./error-page.ts";
import { errorBody, PortalError, toPortalError } from "./errors.ts";
import type { Hosts } from "./hosts.ts";
import { OWN_PAGE_HEADERS } from "./own-headers.ts";
import { requestId } from "./request-checks.ts";

const BODY_LIMIT_BYTES = 16 * 1024;

/** A Fastify application with this portal's request ids, error bodies and common headers. It does not listen: the gate hands it requests. */
export function httpApp(
  log: FastifyBaseLogger,
  { hosts, errorPage }: { readonly hosts: Hosts; readonly errorPage: ErrorPage },
): FastifyInstance {
  const answerError = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = toPortalError(thrown);
    if (error.statusCode >= 500) request.log.error({ err: error, path: pathOf(request.url) }, "request failed");
    const page = errorPage.of(request, error, request.id);
    const answered = reply.code(error.statusCode).headers(OWN_PAGE_HEADERS);
    void (page
      ? answered.headers(page.headers).send(page.body)
      : answered.type("application/json; charset=utf-8").send(errorBody(error, request.id)));
  };
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    requestIdHeader: false,
    genReqId: requestId,
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    answerError(new PortalError(404, "not_found", "There is nothing here."), request, reply),
  );
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (hosts.of(request).secureTransportHeader) reply.header("strict-transport-security", "max-age=31536000");
  });
  return app;
}
