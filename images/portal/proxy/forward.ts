import { PortalError } from "../entrance/errors.ts";
import { answerError, remoteAddress } from "../entrance/raw-answers.ts";
import { bodyOf, hasBody, type Timeouts } from "../entrance/request-body.ts";
import type { Leases } from "../identity/leases.ts";
import { requestHeaders } from "./headers.ts";
import { refusedByIde } from "./ide-login.ts";
import type { ProxiedRequest } from "./proxied-request.ts";
import { Relay, type Outcome } from "./relay.ts";
import { keyRefused, route, type Route, type RouteParts } from "./route.ts";
import { NoAnswerError, type Outgoing, type Upstreams } from "./upstream.ts";

/** What it takes to pass requests on. */
export interface ProxyParts extends RouteParts {
  readonly leases: Leases;
  readonly upstreams: Upstreams;
  readonly timeouts: Timeouts;
}

/**
 * Sends a request to its workspace and streams both bodies, with backpressure, any size. The target goes through byte
 * for byte, with any method; an IDE key that is refused is renewed before the browser sees anything of it.
 *
 * @throws {PortalError} while nothing was answered yet
 */
export async function forward(proxied: ProxiedRequest, parts: ProxyParts): Promise<void> {
  const { session, workspace, publication } = proxied.admitted;
  const release = parts.leases.hold({
    session,
    workspace: workspace.id,
    published: publication?.host,
    brief: true,
    end: () => proxied.response.destroy(),
  });
  proxied.response.once("close", release);

  const first = await route(proxied.admitted, parts);
  if ((await attempt(proxied, first, parts)) === "passed on") return;
  const second = await route(proxied.admitted, parts, true);
  if (second.ideSession === first.ideSession || hasBody(proxied.request)) throw keyRefused();
  if ((await attempt(proxied, second, parts)) === "refused") throw keyRefused();
}

async function attempt(proxied: ProxiedRequest, way: Route, { upstreams, timeouts }: ProxyParts): Promise<Outcome> {
  const { request, response } = proxied,
    { upstream, ideSession } = way;
  const outgoing = outgoingOf(proxied, way);
  const relay = (): Relay =>
    new Relay(proxied, (status, headers) => ideSession !== undefined && refusedByIde(status, headers));
  const first = relay();
  if (hasBody(request)) {
    upstreams.ask(
      upstream,
      outgoing,
      bodyOf(request, response, timeouts, () => giveUp(proxied)),
      first,
    );
    return await first.outcome;
  }
  upstreams.ask(upstream, outgoing, null, first);
  try {
    return await first.outcome;
  } catch (error) {
    // A kept connection may be closed by the workspace just as it is used again; what has no effect is asked once more.
    if (
      !(error instanceof NoAnswerError) ||
      !["GET", "HEAD", "OPTIONS"].includes(outgoing.method) ||
      response.destroyed
    )
      throw error;
    const again = relay();
    upstreams.askAnew(upstream, outgoing, again);
    return await again.outcome;
  }
}

function outgoingOf({ request, requestId }: ProxiedRequest, { ideSession, identity }: Route): Outgoing {
  const headers = requestHeaders(request.rawHeaders, {
    host: request.headers.host ?? "",
    remoteAddress: remoteAddress(request),
    requestId,
    ideSession,
    identity,
  });
  return { method: request.method ?? "GET", path: request.url ?? "/", headers };
}

/** Ends a request whose body does not come. */
function giveUp({ response, requestId }: ProxiedRequest): void {
  answerError(response, new PortalError(408, "body_timeout", "The request's body did not arrive."), requestId);
}
