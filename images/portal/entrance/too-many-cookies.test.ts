import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, PORTAL_HOST, startHarness, type Harness } from "../testing/harness.ts";

let guild: Harness;
let app: Backend;

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

const cookies = (count: number): string =>
  Array.from({ length: count }, (_one, index) => `b${index}=${"x".repeat(4000)}`).join("; ");
const html = { accept: "text/html" };

describe.each([
  ["the portal", PORTAL_HOST],
  ["an app", appHost("shop")],
])("a browser with five cookies of 4000 bytes, at %s", (_name, host) => {
  test("gets a page that deletes them at this host and every one above it, and stays signed in", async () => {
    const answer = await guild.ask("/a/b?c", {
      host,
      headers: { ...html, cookie: `__Host-guildnet=session; ${cookies(5)}` },
    });
    expect(answer.status).toBe(431);
    expect(answer.body).toContain("Too many cookies");
    const lines = answer.headers["set-cookie"] ?? [];
    for (const where of ["", "; Domain=guild.test", `; Domain=${host.split(":")[0]}`]) {
      for (const path of ["/", "/a"]) expect(lines).toContain(`b4=; Max-Age=0; Path=${path}; Secure${where}`);
    }
    expect(lines.join("\n")).not.toMatch(/__Host-guildnet|Domain=test/);
    expect(answer.headers["clear-site-data"]).toBeUndefined();
  });

  test("is told so where it is no page that is asked for", async () => {
    const answer = await guild.ask("/x.js", { host, headers: { cookie: cookies(5) } });
    expect(answer.status).toBe(431);
    expect(answer.json()).toMatchObject({ code: "too_many_cookies" });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("gets in with two of them", async () =>
    expect((await guild.ask("/", { host, headers: { ...html, cookie: cookies(2) } })).status).toBe(200));
});

test("more than can be read at all is answered with a page, too", async () => {
  const socket = await guild.raw();
  socket.write(`GET / HTTP/1.1\r\nHost: ${PORTAL_HOST}\r\nCookie: ${cookies(60)}\r\n\r\n`);
  const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(answer).toContain('clear-site-data: "cookies"');
  expect(answer).toContain("Too many cookies");
});

test("thousands of small ones are deleted in as many answers as it takes", async () => {
  const many = Array.from({ length: 2000 }, (_one, index) => `c${index}=12345`).join("; ");
  const { headers } = await guild.ask("/", { host: appHost("shop"), headers: { ...html, cookie: many } });
  expect(headers["set-cookie"]).toHaveLength(500);
});

test("a WebSocket with too many is refused", async () => {
  const socket = guild.webSocket("/", "shop", { cookie: cookies(5) });
  await expect(new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject))).rejects.toThrow(
    "431",
  );
});
