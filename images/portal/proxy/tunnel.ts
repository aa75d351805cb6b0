import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { mistakeInAnswer } from "../entrance/framing.ts";
import { head as headText, remoteAddress } from "../entrance/raw-answers.ts";
import type { Admitted } from "../identity/admission.ts";
import type { ProxyParts } from "./forward.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { refusedByIde } from "./ide-login.ts";
import { keyRefused, route, type Route, type RouteParts } from "./route.ts";
import { badAnswer, upgrade, type Upgraded } from "./upstream.ts";

const KEEP_ALIVE_MS = 30_000;

type TunnelParts = Pick<ProxyParts, keyof RouteParts | "leases">;

/** One WebSocket on its way through. */
export interface ProxiedUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  readonly admitted: Admitted;
  readonly requestId: string;
}

/**
 * Joins a client's connection with the workspace's once both have switched to WebSocket. Bytes are passed on unread:
 * frames of any size, compression as the two ends agreed on it, and backpressure straight through. (A proxy that
 * takes frames apart has to buffer whole messages, pays for compression twice, and knows no backpressure.)
 *
 * @returns once the tunnel stands, or the workspace's refusal was passed on
 * @throws {PortalError} while nothing was answered yet
 */
export async function openTunnel(proxied: ProxiedUpgrade, parts: TunnelParts): Promise<void> {
  const abandoned = new AbortController();
  const abandon = (): void => abandoned.abort();
  proxied.socket.once("close", abandon);
  const answer = await requestUpgrade(proxied, parts, abandoned.signal).finally(() =>
    proxied.socket.off("close", abandon),
  );
  if (!answer.switched) return passRefusal(proxied, answer.response);
  join(proxied, answer, parts);
}

async function requestUpgrade(proxied: ProxiedUpgrade, parts: TunnelParts, abandoned: AbortSignal): Promise<Upgraded> {
  const first = await route(proxied.admitted, parts);
  const answer = await attempt(proxied, first, abandoned);
  if (answer.switched || !refused(first, answer)) return answer;

  answer.response.destroy();
  const second = await route(proxied.admitted, parts, true);
  if (second.ideSession === first.ideSession) throw keyRefused();
  const again = await attempt(proxied, second, abandoned);
  if (again.switched || !refused(second, again)) return again;
  again.response.destroy();
  throw keyRefused();
}

function refused({ ideSession }: Route, { response }: Upgraded): boolean {
  return ideSession !== undefined && refusedByIde(response.statusCode ?? 0, response.headers);
}

function attempt(
  { request, requestId }: ProxiedUpgrade,
  { upstream, ideSession, identity }: Route,
  abandoned: AbortSignal,
): Promise<Upgraded> {
  const host = request.headers.host ?? "";
  const forwarded = { host, remoteAddress: remoteAddress(request), requestId, ideSession, identity };
  const headers = [...requestHeaders(request.rawHeaders, forwarded), "connection", "Upgrade", "upgrade", "websocket"];
  return upgrade(upstream, { method: "GET", path: request.url ?? "/", headers }, abandoned);
}

function passRefusal({ request, socket }: ProxiedUpgrade, response: IncomingMessage): void {
  const mistake = mistakeInAnswer(response.statusCode ?? 0, response.headers);
  if (mistake !== undefined) {
    response.destroy();
    throw badAnswer(new Error(mistake));
  }
  socket.write(
    headText(response.statusCode ?? 0, [
      ...responseHeaders(response.rawHeaders, request.headers.host ?? ""),
      "connection",
      "close",
    ]),
    "latin1",
  );
  response.once("error", () => socket.destroy());
  response.pipe(socket);
}

function join(
  { request, socket, head, admitted }: ProxiedUpgrade,
  answer: Upgraded & { switched: true },
  parts: TunnelParts,
): void {
  // Node types it as any duplex stream; over plain HTTP it is a net.Socket.
  const upstream = answer.socket as Socket;
  if (socket.destroyed) return void upstream.destroy();
  for (const end of [socket, upstream]) {
    end.setTimeout(0);
    end.setNoDelay(true);
    end.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  const release = parts.leases.hold({
    session: admitted.session,
    workspace: admitted.workspace.id,
    published: admitted.publication?.host,
    traffic: () => socket.bytesRead,
    end: () => {
      socket.destroy();
      upstream.destroy();
    },
  });
  socket.once("close", release);

  const headers = [
    ...responseHeaders(answer.response.rawHeaders, request.headers.host ?? ""),
    "connection",
    "Upgrade",
    "upgrade",
    "websocket",
  ];
  socket.write(headText(101, headers), "latin1");
  if (answer.head.length > 0) socket.write(answer.head);
  if (head.length > 0) upstream.write(head);
  splice(socket, upstream);
  splice(upstream, socket);
}

/** One direction. The end of one side ends the other after what is still on its way; a broken side closes the other. */
function splice(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once("error", () => from.destroy());
  from.once("close", () => to.destroySoon());
}
