import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { FastifyBaseLogger } from "fastify";
import type { CertificatePair } from "../../pod/tls.ts";
import type { Publication, Publications } from "../guild/publications.ts";
import { PortalError, toPortalError } from "./errors.ts";
import { refuseOddFraming } from "./framing.ts";
import { httpsServer } from "./https-server.ts";
import { RESERVED_PREFIX } from "./pages.ts";
import { answerError, refuseUpgrade } from "./raw-answers.ts";
import { hasBody, type Timeouts } from "./request-body.ts";
import { refuseOddTarget, requestId } from "./request-checks.ts";
import { answerTooManyCookies, hasTooManyCookies, tooManyCookies } from "./too-many-cookies.ts";

/** Serves what is published. */
export interface PublishedHandler {
  request(request: IncomingMessage, response: ServerResponse, publication: Publication): Promise<void>;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, publication: Publication): Promise<void>;
}

export interface PublishedGateParts {
  readonly publications: Publications;
  readonly timeouts: Timeouts;
}

/**
 * The HTTPS server that a tunnel from the internet ends at. It knows the names that are published and no other: not the
 * portal's own, nor a workspace's. What it refuses it tells in JSON, which names neither the guild nor where its portal is.
 */
export function publishedGate(
  behind: PublishedHandler,
  parts: PublishedGateParts,
  certificate: CertificatePair,
  log: FastifyBaseLogger,
): Server {
  const request = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const publication = publicationOf(request, parts.publications);
      refuseOddFraming(request);
      if (hasTooManyCookies(request)) return answerTooManyCookies(request, response, requestId(request));
      await behind.request(request, response, publication);
    } catch (thrown) {
      answerError(response, toPortalError(thrown), requestId(request));
    }
  };
  const upgrade = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    // Without a listener a client that hangs up would bring the whole process down.
    socket.on("error", () => socket.destroy());
    try {
      const publication = publicationOf(request, parts.publications);
      refuseOddFraming(request);
      // Behind such a head the body's bytes would be taken for what the new protocol says.
      if (hasBody(request))
        throw new PortalError(400, "bad_upgrade", "A request to switch protocols has no body here.");
      if (hasTooManyCookies(request)) throw tooManyCookies();
      await behind.upgrade(request, socket, head, publication);
    } catch (thrown) {
      refuseUpgrade(socket, toPortalError(thrown), requestId(request));
    }
  };
  return httpsServer({ request, upgrade }, parts.timeouts, certificate, log);
}

/** What its client said it wants to speak to; false where it said nothing. Node's types lack it. */
type Named = TLSSocket & { readonly servername?: string | false };

/**
 * What is asked for, by its name: the one that the TLS connection was made for and the one in the Host header, which
 * must be the same. A tunnel finds its way by the first, and so nobody gets by the second to what they can't name.
 * @throws {PortalError}
 */
function publicationOf(request: IncomingMessage, publications: Publications): Publication {
  refuseOddTarget(request);
  const host = (request.headers.host ?? "").toLowerCase().replace(/:\d{1,5}$/, "");
  const { servername } = request.socket as Named;
  if (!servername || servername.toLowerCase() !== host)
    throw new PortalError(421, "misdirected", "This connection was made for another host name.");
  const publication = publications.get(host);
  // What is below that prefix is the portal's own, on whatever host.
  if (publication === undefined || request.url?.startsWith(RESERVED_PREFIX))
    throw new PortalError(404, "not_published", "Nothing is open here.");
  return publication;
}
