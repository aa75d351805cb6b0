import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { testCertificate } from "../../pod/testing/certificates.ts";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, PORTAL_HOST, startHarness, type Harness } from "../testing/harness.ts";

let guild: Harness;
let echo: Backend;
let cookie: string;

beforeAll(async () => {
  guild = await startHarness();
  echo = await startBackend();
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  guild.workspaces.connect("alice", "ide", echo.upstream);
  cookie = await guild.entered("alice", "alice");
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

/** Sends bytes as they are and reads until the portal closes. */
async function say(text: string): Promise<string> {
  const socket = await guild.raw();
  socket.write(text);
  const chunks = (await socket.toArray()) as Buffer[];
  return Buffer.concat(chunks).toString();
}

const statuses = (answer: string): string[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => status ?? "");

test.each([
  "127.0.0.1.apps.guild.test:8090",
  "169.254.169.254.apps.guild.test:8090",
  "a.b.apps.guild.test:8090",
  ".apps.guild.test:8090",
  "apps.guild.test:8090",
  "alice.apps.guild.test",
  "alice.apps.guild.test:443",
  "alice.apps.guild.test.:8090",
  "guild.test",
  "guild.test:80900",
  "127.0.0.1:8090",
  "localhost",
  "-a.apps.guild.test:8090",
  "a_b.apps.guild.test:8090",
  "evil.test",
  "aliceapps.guild.test:8090",
  "[::1]:8090",
  "alice.apps.guild.test:8090, guild.test:8090",
])("the host %s is nobody's", async (host) => {
  const before = echo.seen.length;
  const answer = await guild.ask("/", { host, headers: { cookie } });
  expect(answer.status).toBe(421);
  expect(answer.json()).toMatchObject({ code: "unknown_host" });
  expect(echo.seen.length).toBe(before);
});

test.each(["GUILD.test:8090", "Guild.Test:8090"])("host names know no letter case: %s", async (host) => {
  expect((await guild.ask("/", { host })).status).toBe(200);
});

test("a workspace nobody has, asked for by a stranger, looks like any other", async () => {
  for (const label of ["nobody", "127", "web--nobody", "alice"]) {
    const answer = await guild.ask("/", { host: appHost(label), headers: { accept: "text/html" } });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toContain(`/open/${label}?`);
  }
  const refused = await guild.ask("/open/nobody?state=x", { headers: { cookie: await guild.signedIn("alice") } });
  expect(refused.status).toBe(404);
});

test.each([
  ["an absolute-form target", `GET http://${appHost("alice")}/ HTTP/1.1\r\nHost: ${appHost("alice")}\r\n`],
  [
    "an absolute-form target of a metadata service",
    `GET http://169.254.169.254/latest HTTP/1.1\r\nHost: ${appHost("alice")}\r\n`,
  ],
  ["an asterisk target", `OPTIONS * HTTP/1.1\r\nHost: ${appHost("alice")}\r\n`],
  ["two Host headers", `GET / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nHost: ${PORTAL_HOST}\r\n`],
  ["no Host header", "GET / HTTP/1.1\r\n"],
  ["a space before the colon", `GET / HTTP/1.1\r\nHost : ${appHost("alice")}\r\n`],
  ["a folded header", `GET / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nX-A: 1\r\n Cookie: x\r\n`],
  [
    "two different lengths",
    `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nContent-Length: 3\r\nContent-Length: 4\r\n`,
  ],
  [
    "a length and chunks",
    `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n`,
  ],
  [
    "an unknown transfer coding",
    `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nTransfer-Encoding: xchunked\r\n`,
    "501",
  ],
  [
    "a coding that would be lost on the way",
    `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nTransfer-Encoding: gzip, chunked\r\n`,
    "501",
  ],
  [
    "a coding that is none",
    `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nTransfer-Encoding: identity, chunked\r\n`,
    "501",
  ],
  ["chunks in HTTP/1.0", `POST / HTTP/1.0\r\nHost: ${appHost("alice")}\r\nTransfer-Encoding: chunked\r\n`],
  ["what would be answered with itself, keys included,", `TRACE / HTTP/1.1\r\nHost: ${appHost("alice")}\r\n`, "405"],
  ["HTTP/2 in plain text", `GET / HTTP/2.0\r\nHost: ${appHost("alice")}\r\n`, "505"],
  ["chunks named twice", `POST / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nTransfer-Encoding: chunked, identity\r\n`],
])("%s is refused, and nothing reaches a workspace", async (_name, head, status = "400") => {
  const before = echo.seen.length;
  expect(statuses(await say(`${head}Cookie: ${cookie}\r\nConnection: close\r\n\r\n`))).toEqual([status]);
  expect(echo.seen.length).toBe(before);
});

test("a request hidden in another's body stays a body", async () => {
  const before = echo.seen.length;
  const hidden = `GET /admin HTTP/1.1\r\nHost: ${appHost("alice")}\r\n\r\n`;
  const answer = await say(
    `POST /outer HTTP/1.1\r\nHost: ${appHost("alice")}\r\nCookie: ${cookie}\r\nContent-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`,
  );
  expect(statuses(answer)).toEqual(["200"]);
  expect(echo.seen.slice(before).map(({ url }) => url)).toEqual(["/outer"]);
});

test("requests on one connection are told apart by their own hosts", async () => {
  const answer = await say(
    `GET /one HTTP/1.1\r\nHost: ${appHost("alice")}\r\nCookie: ${cookie}\r\n\r\nGET /api/me HTTP/1.1\r\nHost: ${PORTAL_HOST}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
  );
  expect(statuses(answer)).toEqual(["200", "401"]);
});

test("requests that come at once are passed on one after the other", async () => {
  const order: string[] = [];
  const backend = await startBackend((request, response) => {
    order.push(`asked ${request.url}`);
    // The second would be here by the time another has been served.
    void guild.ask("/").then(() => {
      order.push(`answers ${request.url}`);
      response.end();
    });
  });
  guild.workspaces.put({ id: "steps", owner: "alice", state: "running", visibility: "public" });
  guild.workspaces.connect("steps", "app", backend.upstream);
  const request = (method: string, path: string, more: string): string =>
    `${method} ${path} HTTP/1.1\r\nHost: ${appHost("steps")}\r\n${more}`;
  const answer = await say(
    `${request("POST", "/first", "Content-Length: 2\r\n\r\nok")}${request("GET", "/second", "Connection: close\r\n\r\n")}`,
  );
  expect(statuses(answer)).toEqual(["200", "200"]);
  expect(order).toEqual(["asked /first", "answers /first", "asked /second", "answers /second"]);
  await backend.close();
});

test("what is no request, behind one that is being answered, waits for that answer's end", async () => {
  let finish: () => void = () => undefined;
  const slow = await startBackend((_request, response) => {
    response.writeHead(200, { "content-length": 10 }).write("begun");
    finish = () => response.end(" over");
  });
  guild.workspaces.put({ id: "slow", owner: "alice", state: "running" });
  guild.workspaces.connect("slow", "ide", slow.upstream);
  const socket = await guild.raw();
  const chunks: Buffer[] = [];
  const begun = new Promise((resolve) =>
    socket.on("data", (chunk: Buffer) => chunks.push(chunk) && String(chunk).includes("begun") && resolve(undefined)),
  );
  socket.write(`GET / HTTP/1.1\r\nHost: ${appHost("slow")}\r\nCookie: ${await guild.entered("alice", "slow")}\r\n\r\n`);
  await begun;
  const closed = once(socket, "close");
  socket.write("no request\r\n\r\n");
  socket.write("none either\r\n\r\n");
  await guild.ask("/");
  finish();
  await closed;
  expect(Buffer.concat(chunks).toString()).toMatch(
    /^HTTP\/1\.1 200 OK\r\n[^]*begun overHTTP\/1\.1 400 Bad Request\r\n/,
  );
  await slow.close();
});

test("no header is lost among many", async () => {
  const many = Array.from({ length: 3000 }, (_one, index) => `X-${index}: 1\r\n`).join("");
  const head = `POST /many HTTP/1.1\r\nHost: ${appHost("alice")}\r\nCookie: ${cookie}\r\nConnection: close\r\n${many}`;
  expect(statuses(await say(`${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`))).toEqual(["501"]);
});

test("an upgrade with a body is refused, and nothing reaches a workspace", async () => {
  const before = echo.seen.length;
  const head = `GET /ws HTTP/1.1\r\nHost: ${appHost("alice")}\r\nCookie: ${cookie}\r\nOrigin: https://${appHost("alice")}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`;
  expect(statuses(await say(`${head}Content-Length: 5\r\n\r\nhello`))).toEqual(["400"]);
  expect(statuses(await say(`${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`))).toEqual(["400"]);
  expect(echo.seen.length).toBe(before);
});

test("an upgrade to something else than WebSocket is refused", async () => {
  const head = `GET / HTTP/1.1\r\nHost: ${appHost("alice")}\r\nCookie: ${cookie}\r\nOrigin: https://${appHost("alice")}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`;
  expect(statuses(await say(head))).toEqual(["400"]);
});

test("CONNECT opens nothing", async () => {
  expect(statuses(await say(`CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: ${PORTAL_HOST}\r\n\r\n`))).toEqual(["400"]);
});

test("a renewed certificate is served without a restart, and a broken one is not taken over", async () => {
  const served = async (): Promise<string> => {
    const socket = await guild.raw();
    const pem = socket.getPeerX509Certificate()?.toString() ?? "";
    socket.destroy();
    return pem.replace(/\s/g, "");
  };
  const [first, open] = [await served(), await guild.raw()];
  const renewed = (await guild.certificate.renew()).replace(/\s/g, "");
  await expect.poll(served).toBe(renewed);
  expect(renewed).not.toBe(first);
  open.write(`GET /api/me HTTP/1.1\r\nHost: ${PORTAL_HOST}\r\n\r\n`);
  expect(String(((await once(open, "data")) as [Buffer])[0])).toContain("HTTP/1.1 401");
  open.destroy();
  const warnings = (): number => guild.logLines.filter((line) => line.includes("certificate not readable")).length;
  const other = await testCertificate(["other.test"]);
  onTestFinished(() => other.remove());
  for (const broken of ["", "half a cert", other.certificate]) {
    const before = warnings();
    await writeFile(join(guild.certificate.directory, "tls.crt"), broken);
    await expect.poll(warnings).toBeGreaterThan(before + 1);
    expect(await served()).toBe(renewed);
  }
});

test("health tells why the portal is not ready", async () => {
  const health = async (path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${guild.portal.healthAddress.port}${path}`);
    return [answer.status, (await answer.text()).trim()];
  };
  expect(await health("/readyz")).toEqual([200, "ok"]);
  guild.workspaces.ready = { ready: false, reason: "waiting for the list of namespaces" };
  expect(await health("/readyz")).toEqual([503, "waiting for the list of namespaces"]);
  expect(await health("/healthz")).toEqual([200, "ok"]);
  expect((await health("/"))[0]).toBe(404);
  guild.workspaces.ready = { ready: true, reason: "ok" };
});
