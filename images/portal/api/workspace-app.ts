import { connect } from "node:net";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { APP_COOKIE, HANDOFF_COOKIE, hostCookie, readCookie } from "../entrance/cookies.ts";
import { PortalError } from "../entrance/errors.ts";
import { httpApp } from "../entrance/http-app.ts";
import { OWN_PAGE_HEADERS } from "../entrance/own-headers.ts";
import { registerAssets, RESERVED_PREFIX } from "../entrance/pages.ts";
import { refuseCrossOrigin, safePath } from "../entrance/request-checks.ts";
import type { Upstream } from "../guild/workspaces.ts";
import { admit } from "../identity/admission.ts";
import type { Services } from "./services.ts";
import type { WaitingState } from "./types.ts";

const PROBE_TIMEOUT_MS = 1_000;

/** What the portal itself serves on a workspace's host, all of it below `/.guildnet/`: the ticket's landing, and the waiting page's needs. */
export async function workspaceApp(services: Services, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app = httpApp(log, services);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(OWN_PAGE_HEADERS));
  await registerAssets(app, services.uiDirectory);
  app.get(`${RESERVED_PREFIX}session`, (request, reply) => redeem(request, reply, services));
  app.get(`${RESERVED_PREFIX}state`, (request) => waitingState(request, services));
  return app;
}

async function redeem(request: FastifyRequest, reply: FastifyReply, services: Services): Promise<FastifyReply> {
  const label = labelOf(request, services);
  const { code } = request.query as { code?: unknown };
  const nonce = readCookie(request.headers.cookie, HANDOFF_COOKIE);
  const handoff = typeof code === "string" ? services.sessions.redeemHandoff(code, label, nonce) : undefined;
  if (!handoff) {
    throw new PortalError(
      403,
      "handoff_invalid",
      `This way in was used already or is too old. Open the workspace again from ${services.hosts.of(request).origin}`,
    );
  }
  const session = services.sessions.appSessionOf(handoff);
  const cookie = hostCookie(
    APP_COOKIE,
    await services.sessions.appToken(session),
    services.sessions.cookieSeconds(session),
  );
  return reply
    .header("set-cookie", cookie)
    .redirect(services.hosts.of(request).appOrigin(label) + safePath(handoff.path), 303);
}

async function waitingState(request: FastifyRequest, services: Services): Promise<WaitingState> {
  const label = labelOf(request, services);
  const site = services.hosts.of(request);
  refuseCrossOrigin(request.method, request.headers, site.appOrigin(label));
  const admitted = await admit(request.headers, label, services);
  if (!admitted) throw new PortalError(401, "signed_out", "You are not signed in on this host.");
  const { workspace, port } = admitted;
  const upstream = workspace.state === "running" ? await services.access.upstream(workspace.id, port) : undefined;
  return { workspace, answers: upstream !== undefined && (await answers(upstream)), portal: site.origin };
}

function answers(upstream: Upstream): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...upstream, timeout: PROBE_TIMEOUT_MS });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket
      .once("connect", () => finish(true))
      .once("error", () => finish(false))
      .once("timeout", () => finish(false));
  });
}

/** The label the gate let this request in for. */
function labelOf(request: FastifyRequest, services: Services): string {
  const found = services.hosts.classify(request.headers.host);
  if (found?.kind !== "app") throw new PortalError(421, "unknown_host", "This is not a workspace's host name.");
  return found.label;
}
