import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend } from "./testing/backend.ts";
import { appHost, startHarness, type Harness } from "./testing/harness.ts";

let guild: Harness;
let app: Backend;
const host = appHost("shop");

beforeAll(async () => {
  guild = await startHarness();
  app = await startBackend();
  guild.workspaces.put({ id: "shop", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("shop", "app", app.upstream);
});
afterAll(async () => {
  await guild.close();
  await app.close();
});

/** Sends bytes as they are and returns all that comes back until the portal closes the connection. */
async function exchange(bytes: string): Promise<string> {
  const socket = await guild.raw();
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  socket.write(Buffer.from(bytes, "latin1"));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

const INNER = "GET /smuggled HTTP/1.1\r\nHost: anything\r\nX-Forwarded-For: 9.9.9.9\r\nCookie: __Host-guildnet-app=forged\r\n\r\n";

test.each(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "POST"].flatMap((method) => ["content-length", "keep-alive, Content-Length"].map((named) => [method, named] as const)))(
  "the body of a %s stays a body, though Connection names %s",
  async (method, named) => {
    const before = app.seen.length;
    await exchange(`${method} /outer HTTP/1.1\r\nHost: ${host}\r\nConnection: ${named}\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}GET /last HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const seen = app.seen.slice(before);
    expect(seen.map(({ url }) => url)).toEqual(["/outer", "/last"]);
    expect(seen[0]?.headers["content-length"]).toBe(String(INNER.length));
  },
);

test.each(["host", "cookie", "authorization", "transfer-encoding"])("Connection cannot take the header %s away", async (name) => {
  const before = app.seen.length;
  await exchange(`POST / HTTP/1.1\r\nHost: ${host}\r\nCookie: own=1\r\nAuthorization: Bearer app\r\nConnection: ${name}, close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`);
  expect(app.seen[before]?.headers).toMatchObject({ host, cookie: "own=1", authorization: "Bearer app", "transfer-encoding": "chunked" });
});

/** A workspace that answers everything with the same bytes, whatever they are. */
async function answering(bytes: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(Buffer.from(bytes, "latin1")));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  guild.workspaces.put({ id: "odd", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("odd", "app", { host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  return server;
}

test.each([
  ["control characters in its reason", "HTTP/1.1 200 O\xff\x01\x7fK\r\nContent-Length: 2\r\n\r\nok", 200],
  ["a reason of another tongue", "HTTP/1.1 200 Sch\xc3\xb6n\r\nContent-Length: 2\r\n\r\nok", 200],
  ["a status below 100", "HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok", 502],
])("an answer with %s costs its own request at most", async (_name, bytes, status) => {
  const server = await answering(bytes);
  expect(await guild.ask("/", { host: appHost("odd") })).toMatchObject({ status });
  expect(await guild.ask("/still-there", { host })).toMatchObject({ status: 200 });
  server.close();
});
