import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { roomName, rooms, type Visitor } from "../editing/rooms.ts";
import { serveRooms } from "../editing/sockets.ts";
import { memberAuthor } from "../git/author.ts";
import { IDENTITY_HEADER, type Identities } from "./identity.ts";
import { isOtherOrigin } from "./other-pages.ts";
import type { Vaults } from "./vaults.ts";

export const ROOMS_PATH = "/rooms";

const MOST_BYTES = 8 * 1024 * 1024;
const GRACE_MS = 1_000;

/** Rooms are for whom the portal names, and whose page is of this origin. */
export function serveSockets(
  app: FastifyInstance,
  vaults: Vaults,
  identities: Identities,
  log: FastifyBaseLogger,
): void {
  const hocuspocus = rooms((name) => vaults.get(name));
  // Who has it open comes back, finds no such room, and is told.
  vaults.whenGone((name, id) => hocuspocus.closeConnections(roomName(name, id)));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES });

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const { headers, url } = request;
    if (url?.split("?", 1)[0] !== ROOMS_PATH) return refuse(socket, "404 Not Found");
    const handle = await identities.handleOf(headers[IDENTITY_HEADER]);
    if (handle === undefined) return refuse(socket, "401 Unauthorized");
    if (headers.origin === undefined || isOtherOrigin(headers)) return refuse(socket, "403 Forbidden");
    const visitor: Visitor = { author: memberAuthor(handle), vault: (name) => vaults.for(handle, name) };
    sockets.handleUpgrade(request, socket, head, (client) => serveRooms(hocuspocus, client, visitor));
  };

  app.server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, "a room could not be opened");
      socket.destroy();
    });
  });
  app.addHook("preClose", async () => {
    // Pages come back by themselves, to whoever is there then.
    for (const client of sockets.clients) client.close(1001);
    setTimeout(() => sockets.clients.forEach((client) => client.terminate()), GRACE_MS).unref();
  });
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
