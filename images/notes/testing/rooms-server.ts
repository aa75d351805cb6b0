/**
 * A vault and its rooms on loopback, for tests: `node rooms-server.ts '<options as JSON>'` runs one that can be killed,
 * and prints its port. Who connects says who they are (`?as=ada`), which the real server would never believe.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import type { Hocuspocus } from "@hocuspocus/server";
import { WebSocketServer } from "ws";
import { authorOfOrigin, rooms, type Visitor } from "../editing/rooms.ts";
import { SharedVault, type SharedVaultOptions } from "../editing/shared-vault.ts";
import { serveRooms } from "../editing/sockets.ts";
import { memberAuthor } from "../git/author.ts";

export interface RoomsServer {
  readonly vault: SharedVault;
  readonly port: number;
  readonly hocuspocus: Hocuspocus<Visitor>;
  close(): Promise<void>;
}

export const VAULT = "guild";

export async function startRooms(options: SharedVaultOptions, port = 0): Promise<RoomsServer> {
  const vault = await SharedVault.open({ ...options, authorOf: authorOfOrigin });
  const find = (name: string): SharedVault | undefined => (name === VAULT ? vault : undefined);
  const hocuspocus = rooms(find);
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    // Tells the id of a note's document, and of nothing else.
    const path = new URL(request.url ?? "", "http://localhost").searchParams.get("path") ?? "";
    vault.edit(path).then(
      (id) => response.end(id),
      (error: unknown) => response.writeHead(404).end(String(error)),
    );
  });
  server.on("upgrade", (request, socket, head) => {
    const handle = new URL(request.url ?? "", "http://localhost").searchParams.get("as") ?? "nobody";
    const visitor: Visitor = { author: memberAuthor(handle), vault: (name) => Promise.resolve(find(name)) };
    sockets.handleUpgrade(request, socket, head, (client) => serveRooms(hocuspocus, client, visitor));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    for (const client of sockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
    await vault.close();
  };
  return { vault, port: (server.address() as AddressInfo).port, hocuspocus, close };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { port, ...options } = JSON.parse(process.argv[2] ?? "{}") as SharedVaultOptions & { port?: number };
  const server = await startRooms({ ...options, onError: (error) => console.error(error) }, port);
  console.log(server.port);
}
