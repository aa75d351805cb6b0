import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { WebSocket } from "ws";
import { MemoryMembers } from "../identity/members.ts";
import { MemorySignOuts } from "../identity/sign-outs.ts";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, ORIGIN, signInWith, startHarness, type Harness } from "../testing/harness.ts";

let guild: Harness;
let echo: Backend;
let cookie: string;

beforeAll(async () => {
  guild = await startHarness();
  echo = await startBackend(undefined, (request) => !request.headers.cookie?.includes("old-key"));
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  guild.workspaces.put({ id: "bob", owner: "bob", state: "running" });
  guild.workspaces.connect("alice", "ide", echo.upstream);
  cookie = await guild.entered("alice", "alice");
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

async function opened(label = "alice", headers: Record<string, string> = { cookie }): Promise<WebSocket> {
  const socket = guild.webSocket("/ws?reconnection=1", label, headers);
  await once(socket, "open");
  return socket;
}

/** The status a WebSocket is refused with. */
async function refusal(label: string, headers: Record<string, string>, options = {}): Promise<number | undefined> {
  const socket = guild.webSocket("/ws", label, headers, options);
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode?: number; destroy(): void },
  ];
  response.destroy();
  return response.statusCode;
}

async function echoed(socket: WebSocket, message: Buffer | string): Promise<Buffer> {
  const answer = once(socket, "message");
  socket.send(message);
  return ((await answer) as [Buffer])[0];
}

test("messages of any size come back unchanged, with compression or without", async () => {
  for (const perMessageDeflate of [false, true]) {
    const socket = guild.webSocket("/ws", "alice", { cookie }, { perMessageDeflate, maxPayload: 64 * 1024 * 1024 });
    await once(socket, "open");
    for (const bytes of [0, 1, 125, 126, 65_535, 65_536, 1024 * 1024, 16 * 1024 * 1024]) {
      const message = randomBytes(bytes);
      expect((await echoed(socket, message)).equals(message)).toBe(true);
    }
    socket.close(1000);
    await once(socket, "close");
  }
});

test("the workspace sees its own host, the IDE's cookie and nothing of the portal's", async () => {
  const socket = await opened("alice", {
    cookie: `${cookie}; a=1`,
    "x-forwarded-host": "evil",
    authorization: "Basic x",
  });
  const seen = echo.seen.at(-1);
  expect(seen).toMatchObject({
    url: "/ws?reconnection=1",
    headers: {
      host: appHost("alice"),
      "x-forwarded-host": appHost("alice"),
      cookie: "a=1; code-server-session=ide-session",
    },
  });
  expect(seen?.headers).not.toHaveProperty("authorization");
  socket.close();
});

test("many stay open at once, each with its own messages", async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => opened()));
  const answers = await Promise.all(sockets.map((socket, index) => echoed(socket, `message ${index}`)));
  expect(answers.map(String)).toEqual(sockets.map((_socket, index) => `message ${index}`));
  expect(guild.portal.services.leases.size).toBeGreaterThanOrEqual(100);
  await Promise.all(sockets.map((socket) => (socket.close(), once(socket, "close"))));
});

test("a slow reader holds its own workspace up and fills no memory of the portal", async () => {
  const socket = await opened();
  await echoed(socket, "ready");
  const peer = [...echo.webSockets.clients].at(-1);
  socket.pause();
  const message = Buffer.alloc(1024 * 1024);
  let sent = 0;
  const total = 64;
  for (; sent < total; sent++) peer?.send(message);
  // What the portal and the kernel hold is bounded, so most stays with the sender.
  await expect.poll(() => peer?.bufferedAmount ?? 0).toBeGreaterThan(32 * 1024 * 1024);
  let received = 0;
  const all = new Promise<void>((resolve) => socket.on("message", () => ++received === total && resolve()));
  socket.resume();
  await all;
  socket.close();
});

test.each([
  ["another workspace's page", "https://bob.apps.guild.test:8090"],
  ["the portal's page", ORIGIN],
  ["the same name on another port", "https://alice.apps.guild.test"],
  ["a page without an origin", "null"],
])("a WebSocket from %s is refused", async (_name, origin) => {
  expect(await refusal("alice", { cookie }, { origin })).toBe(403);
});

test("a WebSocket without an Origin is refused", async () => {
  expect(await refusal("alice", { cookie }, { origin: undefined })).toBe(403);
});

test("a WebSocket without the owner's session is refused", async () => {
  expect(await refusal("alice", {})).toBe(401);
  expect(await refusal("bob", { cookie })).toBe(401);
  expect(await refusal("alice", { cookie: await guild.entered("bob", "bob") })).toBe(401);
  expect(await refusal("alice", { cookie: await guild.signedIn("alice") })).toBe(401);
});

test("there is no WebSocket on the portal, nor below /.guildnet/", async () => {
  const portal = guild.webSocket(
    "/api/workspaces/live",
    "alice",
    { cookie, host: "guild.test:8090" },
    { origin: ORIGIN },
  );
  const [, response] = (await once(portal, "unexpected-response")) as [unknown, { statusCode?: number }];
  expect(response.statusCode).toBe(404);
});

test("a stopped workspace, or one that does not answer, refuses at once", async () => {
  guild.workspaces.put({ id: "resting", owner: "alice", state: "stopped" });
  expect(await refusal("resting", { cookie: await guild.entered("alice", "resting") })).toBe(503);
  guild.workspaces.put({ id: "deaf", owner: "alice", state: "running" });
  guild.workspaces.connect("deaf", "ide", { host: "127.0.0.1", port: 1 });
  expect(await refusal("deaf", { cookie: await guild.entered("alice", "deaf") })).toBe(502);
});

test("an IDE whose key changed is asked again with the new one; one that refuses every key is an error", async () => {
  guild.workspaces.put({ id: "rekeyed", owner: "alice", state: "running" });
  guild.workspaces.connect("rekeyed", "ide", echo.upstream, ["old-key", "new-key"]);
  const own = await guild.entered("alice", "rekeyed");
  (await opened("rekeyed", { cookie: own })).close();
  expect(echo.seen.at(-1)?.headers.cookie).toContain("new-key");
  guild.workspaces.connect("rekeyed", "ide", echo.upstream, ["old-key"]);
  expect(await refusal("rekeyed", { cookie: own })).toBe(502);
});

test("either side's closing reaches the other, with its code", async () => {
  const fromBrowser = await opened();
  const peer = [...echo.webSockets.clients].at(-1);
  const seenByWorkspace = once(peer as WebSocket, "close");
  fromBrowser.close(4001, "bye");
  expect((await seenByWorkspace)[0]).toBe(4001);

  const fromWorkspace = await opened();
  const seenByBrowser = once(fromWorkspace, "close");
  [...echo.webSockets.clients].at(-1)?.close(4002);
  expect((await seenByBrowser)[0]).toBe(4002);

  const cut = await opened();
  const seenAfterCut = once(cut, "close");
  [...echo.webSockets.clients].at(-1)?.terminate();
  expect((await seenAfterCut)[0]).toBe(1006);
  await expect.poll(() => guild.portal.services.leases.size).toBe(0);
});

test("a connection to the workspace that breaks off ends the browser's", async () => {
  const socket = await opened();
  const closed = once(socket, "close");
  const peer = [...echo.webSockets.clients].at(-1) as unknown as { _socket: Socket };
  peer._socket.resetAndDestroy();
  expect((await closed)[0]).toBe(1006);
});

test("what the workspace says in one breath with its yes is not lost", async () => {
  const eager = createServer().listen(0, "127.0.0.1");
  await once(eager, "listening");
  eager.on("upgrade", (request, socket) => {
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    const yes = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(yes), Buffer.from([0x81, 2]), Buffer.from("hi")]));
  });
  guild.workspaces.put({ id: "eager", owner: "alice", state: "running" });
  guild.workspaces.connect("eager", "ide", { host: "127.0.0.1", port: (eager.address() as AddressInfo).port });
  const socket = guild.webSocket("/", "eager", { cookie: await guild.entered("alice", "eager") });
  expect(String(((await once(socket, "message")) as [Buffer])[0])).toBe("hi");
  socket.terminate();
  eager.close();
});

test("an open WebSocket ends with its session: sign-out", async () => {
  const portal = await guild.signedIn("alice");
  const session = await guild.portal.services.sessions.portalSession(portal.split("=")[1]);
  const token = await guild.portal.services.sessions.appToken({ ...session!, label: "alice" });
  const socket = await opened("alice", { cookie: `__Host-guildnet-app=${token}` });
  const other = await opened();
  const closed = once(socket, "close");
  await guild.ask("/api/sign-out", {
    method: "POST",
    headers: { cookie: portal, origin: ORIGIN, "x-guildnet-request": "1" },
  });
  await closed;
  expect(String(await echoed(other, "still here"))).toBe("still here");
  other.close();
});

test("an open WebSocket ends with its session: its person leaves the guild, and is not let in again", async () => {
  const members = new MemoryMembers(["alice", "bob"]);
  const own = await startHarness({}, { members });
  onTestFinished(() => own.close());
  own.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  own.workspaces.connect("alice", "ide", echo.upstream);
  const [app, portal] = [await own.entered("alice", "alice"), await own.signedIn("alice")];
  const socket = own.webSocket("/ws", "alice", { cookie: app });
  await once(socket, "open");
  members.replace(["bob"]);
  await once(socket, "close");
  expect((await own.ask("/", { host: appHost("alice"), headers: { cookie: app } })).status).toBe(401);
  expect((await own.ask("/api/me", { headers: { cookie: portal } })).json()).toMatchObject({ code: "signed_out" });
  expect((await own.ask("/api/sign-in", signInWith(await own.link("alice")))).json()).toMatchObject({
    code: "not_a_member",
  });
  // Another of that name is another person.
  members.replace(["alice", "bob"]);
  expect((await own.ask("/api/me", { headers: { cookie: portal } })).status).toBe(401);
  expect((await own.ask("/api/me", { headers: { cookie: await own.signedIn("alice") } })).status).toBe(200);
});

test("an open WebSocket ends with its session: all of its person's are ended from elsewhere", async () => {
  const signOuts = new MemorySignOuts();
  const own = await startHarness({}, { signOuts });
  onTestFinished(() => own.close());
  own.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  own.workspaces.connect("alice", "ide", echo.upstream);
  const [app, others] = [await own.entered("alice", "alice"), await own.signedIn("bob")],
    before = signInWith(await own.link("alice"));
  const socket = own.webSocket("/ws", "alice", { cookie: app });
  await once(socket, "open");
  await signOuts.change(new Map([["person.alice", own.now()]]));
  await once(socket, "close");
  expect((await own.ask("/api/sign-in", before)).json()).toMatchObject({ code: "link_ended" });
  expect((await own.ask("/api/me", { headers: { cookie: others } })).status).toBe(200);
  expect((await own.ask("/api/me", { headers: { cookie: await own.signedIn("alice") } })).status).toBe(200);
});

test("an IDE that is signed out is told so in its own words, as a browser tells no page why a WebSocket was refused", async () => {
  const socket = guild.webSocket("/stable-1?reconnectionToken=00000000&reconnection=true", "alice");
  await once(socket, "open");
  socket.send(Buffer.from("the IDE speaks first"));
  const [message] = (await once(socket, "message")) as [Buffer];
  expect(message.readUInt8(0)).toBe(2);
  expect(message.readUInt32BE(9)).toBe(message.length - 13);
  expect(JSON.parse(message.subarray(13).toString())).toEqual({
    type: "error",
    reason: expect.stringContaining("session has ended"),
  });
  expect(await once(socket, "close")).toMatchObject([1008, expect.anything()]);
  expect(echo.seen.some(({ url }) => url.includes("stable-1"))).toBe(false);
});

test("an open WebSocket ends with its session: expiry", async () => {
  const session = guild.portal.services.sessions.begin("alice");
  const token = await guild.portal.services.sessions.appToken({ ...session, exp: guild.now() + 0.5, label: "alice" });
  const socket = await opened("alice", { cookie: `__Host-guildnet-app=${token}` });
  await once(socket, "close");
});

test("an open WebSocket ends with its owner's right to the workspace", async () => {
  guild.workspaces.put({ id: "moved", owner: "alice", state: "running" });
  guild.workspaces.connect("moved", "ide", echo.upstream);
  const socket = await opened("moved", { cookie: await guild.entered("alice", "moved") });
  const closed = once(socket, "close");
  guild.workspaces.put({ id: "moved", owner: "bob", state: "running" });
  await closed;
});
