import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Upstream } from "../guild/workspaces.ts";

/** What a backend was asked, as it saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

export interface Backend {
  readonly upstream: Upstream;
  readonly server: Server;
  readonly seen: Seen[];
  readonly webSockets: WebSocketServer;
  close(): Promise<void>;
}

/**
 * A real HTTP and WebSocket server on loopback in the place of a workspace. It answers every request with what it saw,
 * as JSON, and sends every WebSocket message back.
 * @param handle answers instead of that
 * @param mayUpgrade false refuses a WebSocket with 401
 * @param tls for one that is asked over TLS
 */
export async function startBackend(
  handle?: RequestListener,
  mayUpgrade: (request: IncomingMessage) => boolean = () => true,
  tls?: { readonly cert: string | Buffer; readonly key: string | Buffer },
): Promise<Backend> {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(describe(request));
    if (handle) return void handle(request, response);
    response.setHeader("content-type", "application/json").end(JSON.stringify(describe(request)));
  };
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 * 1024 });
  webSockets.on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  server.on("upgrade", (request, socket, head) => {
    seen.push(describe(request));
    if (!mayUpgrade(request)) return void socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    webSockets.handleUpgrade(request, socket, head, (ws) => webSockets.emit("connection", ws, request));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const client of webSockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { upstream: { host: "127.0.0.1", port }, server, seen, webSockets, close };
}

function describe({ method = "", url = "", headers, rawHeaders }: IncomingMessage): Seen {
  return { method, url, headers, rawHeaders };
}
