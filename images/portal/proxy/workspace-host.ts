import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import { pathOf } from "../../pod/logging.ts";
import { APP_COOKIE, HANDOFF_COOKIE, hostCookie } from "../entrance/cookies.ts";
import type { ErrorPage } from "../entrance/error-page.ts";
import { PortalError, toPortalError } from "../entrance/errors.ts";
import type { HostHandler } from "../entrance/gate.ts";
import type { Hosts } from "../entrance/hosts.ts";
import { PAGES } from "../entrance/pages.ts";
import { answer, answerError, answerErrorTo, refuseUpgrade } from "../entrance/raw-answers.ts";
import { isNavigation, requestId, safePath } from "../entrance/request-checks.ts";
import { admit, findApp, handoffNonce, type Admitted, type AdmissionParts } from "../identity/admission.ts";
import { handoffProof } from "../identity/sessions.ts";
import { forward, type ProxyParts } from "./forward.ts";
import { isIdeConnection, refuseEndedIdeSession } from "./ide-session-ended.ts";
import { admitPage, admitWebSocketPage, preflightAnswer, readableFor, type Call } from "./origins.ts";
import { openTunnel } from "./tunnel.ts";
import { UnreachableError } from "./upstream.ts";

const HANDOFF_COOKIE_SECONDS = 600;

export interface WorkspaceHostParts extends ProxyParts, AdmissionParts {
  readonly hosts: Hosts;
  readonly errorPage: ErrorPage;
  /** Where the built pages lie. */
  readonly uiDirectory: string;
}

/** One request to a workspace's host. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly label: string;
  readonly id: string;
  /** Once it is known. */
  admitted?: Admitted;
}

/** Everything on a workspace's host that is not the portal's own: admission, then the proxy. */
export class WorkspaceHost implements HostHandler {
  readonly #parts: WorkspaceHostParts;
  readonly #log: FastifyBaseLogger;
  readonly #waitingPage: Buffer;

  static async create(parts: WorkspaceHostParts, log: FastifyBaseLogger): Promise<WorkspaceHost> {
    return new WorkspaceHost(parts, log, await readFile(join(parts.uiDirectory, PAGES.waiting)));
  }

  private constructor(parts: WorkspaceHostParts, log: FastifyBaseLogger, waitingPage: Buffer) {
    this.#parts = parts;
    this.#log = log;
    this.#waitingPage = waitingPage;
  }

  async request(request: IncomingMessage, response: ServerResponse, label: string): Promise<void> {
    const visit: Visit = { request, response, label, id: requestId(request) };
    try {
      await this.#serve(visit);
    } catch (thrown) {
      this.#fail(thrown, visit);
    }
  }

  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer, label: string): Promise<void> {
    const id = requestId(request);
    try {
      const admitted = await this.#admitWebSocket(request, label);
      await openTunnel({ request, socket, head, admitted, requestId: id }, this.#parts);
      this.#log.info({ request_id: id, label, path: pathOf(request.url) }, "tunnel opened");
    } catch (thrown) {
      const error = toPortalError(thrown);
      this.#log.info(
        { request_id: id, label, code: error.code, err: error.statusCode >= 500 ? error : undefined },
        "upgrade refused",
      );
      if (error.code === "signed_out" && isIdeConnection(request)) refuseEndedIdeSession(request, socket, head);
      else refuseUpgrade(socket, error, id);
    }
  }

  async #serve(visit: Visit): Promise<void> {
    const { request, response, label, id } = visit;
    const call = this.#call(request, label),
      app = findApp(this.#parts.directory, label);
    const asked = app?.workspace.visibility === "public" ? undefined : preflightAnswer(call);
    if (asked !== undefined) return answer(response, 204, { ...asked, "x-request-id": id });
    const readableBy = admitPage(call, app);
    // For the errors of our own, too.
    if (readableBy !== undefined)
      for (const [name, value] of Object.entries(readableFor(readableBy))) response.setHeader(name, value);
    const admitted = await admit(request.headers, label, this.#parts);
    if (!admitted) return this.#sendToPortal(visit);
    visit.admitted = admitted;
    if (admitted.workspace.state !== "running") throw notRunning(admitted);
    const extraCookie = await this.#renewal(admitted);
    await forward({ request, response, admitted, requestId: id, extraCookie, readableBy, log: this.#log }, this.#parts);
  }

  #call(request: IncomingMessage, label: string): Call {
    return { method: request.method, headers: request.headers, site: this.#parts.hosts.of(request), label };
  }

  /** Whoever is not signed in on this host asks the portal's host for a ticket. Only pages do: for a part of a page it is an error. */
  #sendToPortal({ request, response, label, id }: Visit): void {
    if (!isNavigation(request.method, request.headers)) {
      throw new PortalError(
        401,
        "signed_out",
        'You are not signed in on this host. A page at another port has to send cookies along (credentials: "include"), and this host has to be opened once in this browser.',
      );
    }
    const { nonce, isNew } = handoffNonce(request.headers);
    const query = new URLSearchParams({ return: safePath(request.url), state: handoffProof(nonce) });
    const location = `${this.#parts.hosts.of(request).origin}/open/${label}?${query}`;
    const cookie = isNew ? { "set-cookie": hostCookie(HANDOFF_COOKIE, nonce, HANDOFF_COOKIE_SECONDS) } : {};
    answer(response, 303, { location, "x-request-id": id, ...cookie });
  }

  async #renewal({ session }: Admitted): Promise<string | undefined> {
    if (!session) return undefined;
    const { sessions } = this.#parts;
    const renewed = sessions.renewed(session);
    return renewed && hostCookie(APP_COOKIE, await sessions.appToken(renewed), sessions.cookieSeconds(renewed));
  }

  async #admitWebSocket(request: IncomingMessage, label: string): Promise<Admitted> {
    if (request.method !== "GET" || request.headers.upgrade?.toLowerCase() !== "websocket") {
      throw new PortalError(400, "bad_upgrade", "Only WebSocket upgrades are served.");
    }
    admitWebSocketPage(this.#call(request, label), findApp(this.#parts.directory, label));
    const admitted = await admit(request.headers, label, this.#parts);
    if (!admitted) throw new PortalError(401, "signed_out", "You are not signed in on this host.");
    if (admitted.workspace.state !== "running") throw notRunning(admitted);
    return admitted;
  }

  /** A person gets a page, which waits for the workspace where that may help; a program gets the error. */
  #fail(thrown: unknown, { request, response, label, id, admitted }: Visit): void {
    const error = toPortalError(thrown);
    if (error.statusCode === 500) this.#log.error({ err: error, request_id: id, label }, "request failed");
    else if (error.statusCode > 500)
      this.#log.info({ err: error, request_id: id, label, code: error.code }, "workspace not reached");
    const mayPassByItself = error.code === "not_running" || error instanceof UnreachableError;
    if (!mayPassByItself) return answerErrorTo(request, response, error, id, this.#parts.errorPage, admitted);
    if (response.headersSent || !isNavigation(request.method, request.headers))
      return answerError(response, error, id, { "retry-after": "2" });
    answer(
      response,
      503,
      { "content-type": "text/html; charset=utf-8", "retry-after": "2", "x-request-id": id },
      this.#waitingPage,
    );
  }
}

function notRunning({ workspace }: Admitted): PortalError {
  const { state, reason, message } = workspace;
  const what = workspace.visibility === undefined ? "workspace" : "app";
  return new PortalError(503, "not_running", `The ${what} is ${state}.`, { details: { state, reason, message } });
}
