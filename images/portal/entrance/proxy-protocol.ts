import { createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** The first line of an announced connection. https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt (2.1) */
const ANNOUNCEMENT = /^PROXY TCP[46] ([0-9a-fA-F.:]+) \S+ \d+ \d+$/;
/** Longest such line, with its end. */
const LONGEST = 107;
const TIMEOUT_MS = 10_000;

/**
 * The entrance for what the machine publishes: whoever connects here tells in a line of its own, before
 * anything else, for which visitor, and the connection goes on as that visitor's to the server. Nothing but
 * the publisher may reach it: what is told here is believed.
 */
export function proxyProtocolServer(server: Server): Server {
  const visitors = new Map<string, string>();
  // Before anybody else hears of it, so that all see the visitor.
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    const visitor = visitors.get(connectionOf(socket));
    if (visitor !== undefined) Object.defineProperty(socket, "remoteAddress", { value: visitor });
  });
  return createServer({ noDelay: true }, (socket) => {
    const connection = connectionOf(socket);
    socket.on("close", () => visitors.delete(connection)).on("error", () => socket.destroy());
    readProxyLine(socket, (visitor) => {
      visitors.set(connection, visitor);
      server.emit("connection", socket);
    });
  });
}

function connectionOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

/** Reads the line and leaves the rest unread; a connection without one, or with half of one, is ended. */
function readProxyLine(socket: Socket, taken: (visitor: string) => void): void {
  let head = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
  const read = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n");
    if (end === -1 && head.length < LONGEST) return;
    clearTimeout(timer);
    socket.off("readable", read);
    const visitor = ANNOUNCEMENT.exec(head.subarray(0, Math.min(end, LONGEST)).toString("latin1"))?.[1];
    if (end === -1 || visitor === undefined) return void socket.destroy();
    socket.unshift(head.subarray(end + 2));
    taken(visitor);
  };
  socket.on("readable", read).on("close", () => clearTimeout(timer));
}
