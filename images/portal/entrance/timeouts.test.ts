import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, PORTAL_HOST, startHarness, type Harness } from "../testing/harness.ts";

/** Long enough for a busy machine to read what was sent at once. */
const IDLE_MS = 700;
const BLOCK = Buffer.alloc(1024 * 1024);

let guild: Harness;
let app: Backend;
/** Lets the workspace go on, by what it was asked. */
const goOn: Record<string, () => void> = {};
const host = appHost("shop");

beforeAll(async () => {
  guild = await startHarness({}, { timeouts: { idleMs: IDLE_MS, lingerMs: IDLE_MS, ownBodyMs: IDLE_MS } });
  app = await startBackend((request, response) => {
    if (request.url === "/early") return void response.writeHead(413).end("too big");
    if (request.url === "/thinks")
      return void request.resume().once("end", () => (goOn["/thinks"] = () => response.end("thought")));
    if (request.url === "/later") goOn["/later"] = () => void request.resume().once("end", () => response.end("taken"));
    else request.resume().once("end", () => response.end("taken"));
  });
  guild.workspaces.put({ id: "shop", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("shop", "app", app.upstream);
});
afterAll(async () => {
  await guild.close();
  await app.close();
});

/** All that comes back until the connection ends. */
async function everything(socket: Socket | TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk)).on("error", () => socket.destroy());
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}

async function begun(path: string, length: number, to = host): Promise<TLSSocket> {
  const socket = await guild.raw();
  socket.on("error", () => socket.destroy());
  socket.write(`POST ${path} HTTP/1.1\r\nHost: ${to}\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`);
  return socket;
}

/** As long as it takes for a silent upload to be ended. */
async function timesOut(): Promise<void> {
  expect(await everything(await begun("/", 10))).toMatch(/^HTTP\/1\.1 408 [^]*body_timeout/);
}

test("an upload of which nothing comes any more is ended, and with it the workspace's part", async () => {
  const socket = await begun("/", 10);
  const arrival = once(app.server, "request");
  socket.write("12345");
  const [request] = (await arrival) as [IncomingMessage];
  const ended = once(request, "close").catch(() => undefined);
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 408 /);
  await ended;
});

test("one goes on that is slow, that the workspace doesn't take, or that has come and is thought about", async () => {
  const slow = await begun("/", BLOCK.length);
  const drip = setInterval(() => slow.write("."), IDLE_MS / 20);
  const bytes = 16 * BLOCK.length;
  const notTaken = await begun("/later", bytes);
  const thoughtAbout = await begun("/thinks", 5);
  const answers = [slow, notTaken, thoughtAbout].map(everything);
  thoughtAbout.write("hello");
  for (let sent = 0; sent < bytes; sent += BLOCK.length) notTaken.write(BLOCK);
  for (let times = 0; times < 3; times++) await timesOut();
  clearInterval(drip);
  expect(slow.destroyed).toBe(false);
  slow.destroy();
  for (const path of ["/later", "/thinks"]) goOn[path]?.();
  expect(await answers[1]).toMatch(/^HTTP\/1\.1 200 [^]*taken/);
  expect(await answers[2]).toMatch(/^HTTP\/1\.1 200 [^]*thought/);
});

test("what is left of an upload that was answered early is taken for a while, and then the connection is closed", async () => {
  const socket = await begun("/early", 10 * BLOCK.length);
  socket.write(BLOCK);
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 413 [^]*too big/);
});

test("a body for the portal itself that doesn't come is ended, however slowly it comes", async () => {
  const socket = await begun("/api/sign-in", 16_000, PORTAL_HOST);
  const drip = setInterval(() => socket.writable && socket.write("."), IDLE_MS / 10);
  await everything(socket);
  clearInterval(drip);
});

test("who connects and never speaks TLS is let go of, as is who speaks something else", async () => {
  const impatient = await startHarness({}, { timeouts: { handshakeMs: 50 } });
  for (const words of ["", "GET / HTTP/1.1\r\nHost: guild.test\r\n\r\n"]) {
    const socket = connect(impatient.portal.address.port, "127.0.0.1");
    socket.write(words);
    await everything(socket);
  }
  await impatient.close();
});
