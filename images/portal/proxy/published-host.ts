import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { pathOf } from "../../pod/logging.ts";
import { PortalError, toPortalError } from "../entrance/errors.ts";
import type { PublishedHandler } from "../entrance/published-gate.ts";
import { answerError, refuseUpgrade } from "../entrance/raw-answers.ts";
import { requestId } from "../entrance/request-checks.ts";
import type { Publication } from "../guild/publications.ts";
import type { WorkspaceDirectory } from "../guild/workspaces.ts";
import { admitPublished, type Admitted } from "../identity/admission.ts";
import { forward, type ProxyParts } from "./forward.ts";
import { openTunnel } from "./tunnel.ts";

export interface PublishedHostParts extends ProxyParts {
  readonly directory: WorkspaceDirectory;
}

/** What is open to the internet, for whoever comes: nobody is signed in here, and no cookie of the guild is looked at. */
export class PublishedHost implements PublishedHandler {
  readonly #parts: PublishedHostParts;
  readonly #log: FastifyBaseLogger;

  constructor(parts: PublishedHostParts, log: FastifyBaseLogger) {
    this.#parts = parts;
    this.#log = log;
  }

  async request(request: IncomingMessage, response: ServerResponse, publication: Publication): Promise<void> {
    const id = requestId(request);
    try {
      const admitted = this.#admit(publication);
      await forward({ request, response, admitted, requestId: id, log: this.#log }, this.#parts);
    } catch (thrown) {
      answerError(response, this.#told(thrown, id, publication), id);
    }
  }

  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer, publication: Publication): Promise<void> {
    const id = requestId(request);
    try {
      if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket")
        throw new PortalError(400, "bad_upgrade", "Only WebSocket upgrades are served.");
      const admitted = this.#admit(publication);
      await openTunnel({ request, socket, head, admitted, requestId: id }, this.#parts);
      this.#log.info({ request_id: id, host: publication.host, path: pathOf(request.url) }, "published tunnel opened");
    } catch (thrown) {
      refuseUpgrade(socket, this.#told(thrown, id, publication), id);
    }
  }

  #admit(publication: Publication): Admitted {
    const admitted = admitPublished(publication, this.#parts.directory);
    if (admitted === undefined) throw new PortalError(404, "not_published", "Nothing is open here.");
    if (admitted.workspace.state !== "running") throw away();
    return admitted;
  }

  /** What a stranger is told: not how things are inside, which the log has. */
  #told(thrown: unknown, id: string, { host }: Publication): PortalError {
    const error = toPortalError(thrown);
    if (error.statusCode < 500) return error;
    this.#log.info({ err: error, request_id: id, host, code: error.code }, "what is published was not reached");
    return away();
  }
}

function away(): PortalError {
  return new PortalError(503, "unavailable", "What is here does not answer right now.");
}
