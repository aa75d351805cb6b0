import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, startHarness, type Harness } from "../testing/harness.ts";

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

const INNER =
  "GET /smuggled HTTP/1.1\r\nHost: anything\r\nX-Forwarded-For: 9.9.9.9\r\nCookie: __Host-guildnet-app=forged\r\n\r\n";

test.each(
  ["GET", "HEAD", "DELETE", "OPTIONS", "POST"].flatMap((method) =>
    ["content-length", "keep-alive, Content-Length"].map((named) => [method, named] as const),
  ),
)("the body of a %s stays a body, though Connection names %s", async (method, named) => {
  const before = app.seen.length;
  await exchange(
    `${method} /outer HTTP/1.1\r\nHost: ${host}\r\nConnection: ${named}\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}GET /last HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
  const seen = app.seen.slice(before);
  expect(seen.map(({ url }) => url)).toEqual(["/outer", "/last"]);
  expect(seen[0]?.headers["content-length"]).toBe(String(INNER.length));
});

test.each(["host", "cookie", "authorization", "transfer-encoding"])(
  "Connection cannot take the header %s away",
  async (name) => {
    const before = app.seen.length;
    await exchange(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nCookie: own=1\r\nAuthorization: Bearer app\r\nConnection: ${name}, close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    );
    const headers = app.seen[before]?.headers;
    expect(headers).toMatchObject({ host, cookie: "own=1", authorization: "Bearer app" });
    expect(headers?.["transfer-encoding"] === "chunked" || headers?.["content-length"] === "2").toBe(true);
  },
);

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
  ["a status below 100", "HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok", "bad_answer"],
  ["a status that nobody knows", "HTTP/1.1 999 x\r\nContent-Length: 2\r\n\r\nok", "bad_answer"],
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "bad_answer"],
  ["bare line feeds", "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nhi\n", "bad_answer"],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad_answer",
  ],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "bad_answer"],
  [
    "a coding that would be lost",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "bad_answer",
  ],
  [
    "a coding that is none",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "bad_answer",
  ],
  ["a switch of protocols that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "bad_answer"],
  [
    "such a switch by name",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "bad_answer",
  ],
  [
    "a go-ahead that nobody asked for",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "bad_answer",
  ],
  [
    "300 KiB of headers",
    `HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(300 * 1024)}\r\nContent-Length: 2\r\n\r\nok`,
    "bad_answer",
  ],
  ["200 KiB of headers", `HTTP/1.1 200 OK\r\nLink: ${"x".repeat(200 * 1024)}\r\nContent-Length: 2\r\n\r\nok`, 200],
  ["nothing in it", "", "no_answer"],
  [
    "hints before it",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    200,
  ],
])("an answer with %s costs its own request at most", async (_name, bytes, expected) => {
  const server = await answering(bytes);
  // As a browser asks for a page: what is wrong now will be wrong again, so that it must not get the page that waits.
  const answer = await guild.ask("/", { host: appHost("odd"), headers: { accept: "text/html" } });
  if (typeof expected === "number") expect(answer).toMatchObject({ status: expected, body: "ok" });
  else {
    expect(answer).toMatchObject({ status: 502, body: expect.stringContaining(`<code>${expected}</code>`) });
    expect((await guild.ask("/", { host: appHost("odd") })).json()).toMatchObject({ code: expected });
  }
  expect(await guild.ask("/still-there", { host })).toMatchObject({ status: 200 });
  server.close();
});

test.each([204, 304])("a %i that tells a length is whole without a body", async (status) => {
  const server = await answering(`HTTP/1.1 ${status} x\r\nETag: "1"\r\nContent-Length: 2\r\n\r\n`);
  expect(await guild.ask("/", { host: appHost("odd") })).toMatchObject({ status, headers: { etag: '"1"' }, body: "" });
  server.close();
});

test("an answer's headers arrive as they were sent: in their order, those that come twice, letters beyond ASCII", async () => {
  const sent = [
    "X-B",
    "2",
    "x-a",
    "1",
    "Link",
    "</a>",
    "Vary",
    "A",
    "Link",
    "</b>",
    "X-Name",
    "caf\xe9",
    "Set-Cookie",
    "a=1",
    "Set-Cookie",
    "b=2",
  ];
  const lines = sent.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${sent[index + 1]}\r\n` : []));
  const server = await answering(`HTTP/1.1 200 OK\r\n${lines.join("")}Content-Length: 2\r\n\r\nok`);
  const response = await guild.open("/", { host: appHost("odd") });
  expect(response.rawHeaders.slice(0, sent.length)).toEqual(sent);
  response.resume();
  server.close();
});

test.each([
  ["a status below 100", "HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nok"],
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"],
  ["nothing in it", ""],
])("an answer with %s to a WebSocket is a refusal", async (_name, bytes) => {
  const server = await answering(bytes);
  const socket = guild.webSocket("/", "odd");
  await expect(new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject))).rejects.toThrow(
    "502",
  );
  server.close();
});

test("a connection that the workspace closed meanwhile is noticed: what has no effect is asked once more", async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => socket.destroy());
    let asked = 0;
    // Each connection answers once, and is cut as soon as it is asked again.
    socket.on("data", () =>
      asked++ === 0 ? socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") : socket.destroy(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  guild.workspaces.put({ id: "cuts", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("cuts", "app", { host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  for (let times = 0; times < 3; times++)
    expect(await guild.ask("/", { host: appHost("cuts") })).toMatchObject({ status: 200, body: "ok" });
  expect(connections).toBe(3);
  const posted = await guild.ask("/", { host: appHost("cuts"), method: "POST", body: "x" });
  expect(posted.json()).toMatchObject({ code: "no_answer" });
  server.close();
});
