import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startBackend, type Backend, type Seen } from "../testing/backend.ts";
import {
  appHost,
  cookiesOf,
  ORIGIN,
  PORTAL_HOST,
  pathOf,
  startHarness,
  type Ask,
  type Harness,
} from "../testing/harness.ts";

let guild: Harness;
let echo: Backend;
let cookie: string;
const backends: Backend[] = [];

beforeAll(async () => {
  guild = await startHarness({ GUILDNET_ADMINS: "root" });
  echo = await startBackend();
  for (const owner of ["alice", "bob"]) {
    guild.workspaces.put({ id: owner, owner, state: "running" });
    guild.workspaces.connect(owner, "ide", echo.upstream);
  }
  cookie = await guild.entered("alice", "alice");
});
afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.close()));
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

const atAlice = (extra: Ask = {}): Ask => ({ host: appHost("alice"), ...extra, headers: { cookie, ...extra.headers } });

/** A workspace `id` of alice's whose backend is one of the test's own. */
async function workspace(
  id: string,
  handler: Parameters<typeof startBackend>[0],
  sessions?: string[],
): Promise<{ backend: Backend; cookie: string; host: string }> {
  const backend = await startBackend(handler);
  backends.push(backend);
  guild.workspaces.put({ id, owner: "alice", state: "running" });
  guild.workspaces.connect(id, "ide", backend.upstream, sessions);
  return { backend, cookie: await guild.entered("alice", id), host: appHost(id) };
}

test("the workspace sees the request as it was, with the IDE's cookie and nothing of the portal's", async () => {
  const answer = await guild.ask(
    "/a%20b/%e2%82%ac?x=1&y=%2F",
    atAlice({
      headers: {
        cookie: `theme=dark; ${cookie}; __Host-guildnet=stolen; __host-GUILDNET-x=1; code-server-session=mine; lang=en`,
        authorization: "Bearer secret",
        "x-forwarded-host": "evil",
        "x-forwarded-port": "1",
        forwarded: "host=evil",
        via: "x",
        "x-real-ip": "1.2.3.4",
        "x-request-id": "req-7",
      },
    }),
  );
  const seen = answer.json() as unknown as Seen;
  expect(seen.url).toBe("/a%20b/%e2%82%ac?x=1&y=%2F");
  expect(seen.headers.cookie).toBe("theme=dark; lang=en; code-server-session=ide-session");
  expect(seen.headers).toMatchObject({
    host: appHost("alice"),
    "x-forwarded-host": appHost("alice"),
    "x-forwarded-proto": "https",
    "x-forwarded-for": "127.0.0.1",
    "x-request-id": "req-7",
  });
  for (const name of ["authorization", "forwarded", "via", "x-real-ip", "x-forwarded-port"])
    expect(seen.headers).not.toHaveProperty(name);
  expect(answer.headers["x-request-id"]).toBe("req-7");
  expect(JSON.stringify(seen)).not.toContain("__Host-guildnet");
});

test.each([
  "/../../etc/passwd",
  "/%2e%2e/%2e%2e/x",
  "/..%2f..%2f",
  "//evil.example/x",
  "/%00",
  "/a;b=c",
  "/x?u=http://169.254.169.254/",
])("the target %s reaches the same workspace byte for byte and nothing else", async (path) => {
  const before = echo.seen.length;
  expect((await guild.ask(path, atAlice())).json()).toMatchObject({ url: path });
  expect(echo.seen.length).toBe(before + 1);
});

test("headers named by Connection and other hop-by-hop headers stop at the portal, both ways", async () => {
  const {
    host,
    cookie: own,
    backend,
  } = await workspace(
    "hops",
    (_request, response) =>
      void response
        .writeHead(200, {
          connection: "x-inner, keep-alive",
          "x-inner": "1",
          "proxy-authenticate": "Basic",
          "x-kept": "1",
        })
        .end(),
  );
  const answer = await guild.ask("/", {
    host,
    headers: {
      cookie: own,
      connection: "x-secret, close",
      "x-secret": "1",
      te: "trailers",
      "proxy-authorization": "x",
    },
  });
  expect(answer.headers).toMatchObject({ "x-kept": "1" });
  expect(answer.headers).not.toHaveProperty("x-inner");
  expect(answer.headers).not.toHaveProperty("proxy-authenticate");
  for (const name of ["x-secret", "te", "proxy-authorization"])
    expect(backend.seen.at(-1)?.headers).not.toHaveProperty(name);
});

test("a workspace can neither set the portal's cookies nor reach other hosts by its headers", async () => {
  const { host, cookie: own } = await workspace(
    "setter",
    (_request, response) =>
      void response
        .writeHead(200, {
          "set-cookie": [
            "__Host-guildnet=evil; Path=/; Secure",
            "__HOST-GUILDNET-app=evil",
            "=__Host-guildnet=evil",
            "code-server-session=x",
            "ok=1; Path=/",
            "also=2",
          ],
          "clear-site-data": '"cookies"',
          "strict-transport-security": "max-age=1; includeSubDomains",
          "alt-svc": 'h3=":1"',
        })
        .end(),
  );
  const answer = await guild.ask("/", { host, headers: { cookie: own } });
  expect(answer.headers["set-cookie"]).toEqual(["ok=1; Path=/", "also=2"]);
  for (const name of ["clear-site-data", "strict-transport-security", "alt-svc"])
    expect(answer.headers).not.toHaveProperty(name);
});

test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "MKCOL"])(
  "%s goes through",
  async (method) => {
    const answer = await guild.ask("/m", atAlice({ method }));
    expect(answer.status).toBe(200);
    expect(echo.seen.at(-1)).toMatchObject({ method, url: "/m" });
  },
);

test.each(["GET", "POST", "DELETE"])("a body of %s arrives whole, with its length or chunked", async (method) => {
  const { host, cookie: own } = await workspace("bodies", (request, response) => void request.pipe(response));
  const body = Buffer.alloc(5 * 1024 * 1024, "guild");
  const sized = await guild.ask("/", { host, method, body, headers: { cookie: own, "content-length": body.length } });
  expect(sized.body).toBe(body.toString());
  const chunked = await guild.ask("/", {
    host,
    method,
    body,
    headers: { cookie: own, "transfer-encoding": "chunked" },
  });
  expect(chunked.body).toBe(body.toString());
});

test("the first bytes of a stream arrive before its end", async () => {
  let finish: () => void = () => undefined;
  const { host, cookie: own } = await workspace("stream", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: first\n\n");
    finish = () => response.end("data: last\n\n");
  });
  const response = await guild.open("/", { host, headers: { cookie: own } });
  const [first] = (await once(response, "data")) as [Buffer];
  expect(first.toString()).toBe("data: first\n\n");
  finish();
  const [last] = (await once(response, "data")) as [Buffer];
  expect(last.toString()).toBe("data: last\n\n");
});

test("the head of an answer arrives before its first byte", async () => {
  const { host, cookie: own } = await workspace(
    "silent",
    (_request, response) => void response.writeHead(200).flushHeaders(),
  );
  const response = await guild.open("/", { host, headers: { cookie: own } });
  expect(response.statusCode).toBe(200);
  response.destroy();
});

test("a browser that leaves ends the work in the workspace", async () => {
  let left: Promise<unknown> = Promise.resolve();
  let arrived: (value: unknown) => void = () => undefined;
  const arrival = new Promise((resolve) => (arrived = resolve));
  const { host, cookie: own } = await workspace("left", (request, response) => {
    left = once(response, "close");
    arrived(request);
  });
  const socket = await guild.raw();
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${own}\r\n\r\n`);
  await arrival;
  socket.destroy();
  await left;
});

test("an answer that breaks off is not passed off as whole", async () => {
  const { host, cookie: own } = await workspace("broken", (_request, response) => {
    response.writeHead(200, { "content-length": "1000" }).write("half", () => response.destroy());
  });
  const response: IncomingMessage = await guild.open("/", { host, headers: { cookie: own } });
  await expect(response.toArray()).rejects.toThrow();
});

test("an early refusal of a big upload is passed on", async () => {
  const { host, cookie: own } = await workspace(
    "early",
    (_request, response) => void response.writeHead(413).end("too big"),
  );
  const answer = await guild.ask("/", {
    host,
    method: "POST",
    body: Buffer.alloc(32 * 1024 * 1024),
    headers: { cookie: own, "transfer-encoding": "chunked" },
  });
  expect(answer).toMatchObject({ status: 413, body: "too big" });
});

test("an IDE whose key changed is asked again with the new one", async () => {
  const {
    host,
    cookie: own,
    backend,
  } = await workspace(
    "rekeyed",
    (request, response) => {
      if (request.headers.cookie?.includes("new-key")) response.end("welcome");
      else if (request.url === "/") response.writeHead(302, { location: "./login" }).end();
      else response.writeHead(401).end();
    },
    ["old-key", "new-key"],
  );
  expect((await guild.ask("/", { host, headers: { cookie: own } })).body).toBe("welcome");
  expect(backend.seen).toHaveLength(2);
});

test("an IDE that refuses every key is an error of the guild, not of the person", async () => {
  const { host, cookie: own } = await workspace("refuses", (_request, response) => void response.writeHead(401).end());
  const answer = await guild.ask("/", { host, headers: { cookie: own } });
  expect(answer.status).toBe(502);
  expect(answer.json()).toMatchObject({ code: "ide_refused" });
});

test("another named port has its own host, is sent no IDE key and keeps the app's own tokens", async () => {
  guild.workspaces.connect("alice", "web", echo.upstream);
  const web = await guild.entered("alice", "web--alice");
  const answer = await guild.ask("/", {
    host: appHost("web--alice"),
    headers: { cookie: web, authorization: "Bearer app" },
  });
  expect((answer.json() as unknown as Seen).headers.cookie).toBeUndefined();
  expect((answer.json() as unknown as Seen).headers.authorization).toBe("Bearer app");
  const none = await guild.entered("alice", "nothing--alice");
  expect((await guild.ask("/", { host: appHost("nothing--alice"), headers: { cookie: none } })).json()).toMatchObject({
    code: "no_such_port",
  });
});

test("no session of one host is good on another", async () => {
  const portal = await guild.signedIn("alice");
  const bob = await guild.entered("bob", "bob");
  for (const headers of [
    {},
    { cookie: portal },
    { cookie: bob },
    { cookie: portal.replace("guildnet=", "guildnet-app=") },
  ]) {
    const answer = await guild.ask("/x.js", { host: appHost("alice"), headers });
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ code: "signed_out" });
  }
  expect(
    (await guild.ask("/api/me", { headers: { cookie: cookie.replace("guildnet-app=", "guildnet=") } })).status,
  ).toBe(401);
});

test("a session of one workspace is not good on another of the same owner, nor on another port of the same workspace", async () => {
  guild.workspaces.put({ id: "second", owner: "alice", state: "running" });
  guild.workspaces.connect("second", "ide", echo.upstream);
  for (const label of ["second", "web--alice"]) {
    expect((await guild.ask("/", { host: appHost(label), headers: { cookie } })).status).toBe(401);
  }
});

test("only its owner gets into a workspace; an admin sees it in the list and no more", async () => {
  for (const handle of ["bob", "root"]) {
    const person = await guild.signedIn(handle);
    const refused = await guild.ask("/open/alice?return=/&state=x", { headers: { cookie: person } });
    expect(refused.status).toBe(404);
    expect(refused.headers.location).toBeUndefined();
  }
  const list = async (handle: string): Promise<unknown[]> =>
    (await guild.ask("/api/workspaces", { headers: { cookie: await guild.signedIn(handle) } })).json()[
      "workspaces"
    ] as unknown[];
  expect(await list("root")).toContainEqual({
    id: "alice",
    owner: "alice",
    state: "running",
    mine: false,
    openable: false,
    url: `https://${appHost("alice")}`,
  });
  expect(await list("bob")).toEqual([
    { id: "bob", owner: "bob", state: "running", mine: true, openable: true, url: `https://${appHost("bob")}` },
  ]);
});

test("a workspace that gets another owner is closed to the old one at once", async () => {
  const { host, cookie: own } = await workspace("moved", undefined);
  expect((await guild.ask("/", { host, headers: { cookie: own } })).status).toBe(200);
  guild.workspaces.put({ id: "moved", owner: "bob", state: "running" });
  expect((await guild.ask("/", { host, headers: { cookie: own } })).status).toBe(401);
});

test("sign-out on the portal ends the sessions on the workspaces' hosts", async () => {
  const first = await guild.ask("/", { host: appHost("alice"), headers: { accept: "text/html" } });
  const portal = await guild.signedIn("alice");
  const ticket = await guild.ask(pathOf(first.headers.location), { headers: { cookie: portal } });
  const own = cookiesOf(
    await guild.ask(pathOf(ticket.headers.location), { host: appHost("alice"), headers: { cookie: cookiesOf(first) } }),
  );
  expect((await guild.ask("/", { host: appHost("alice"), headers: { cookie: own } })).status).toBe(200);
  await guild.ask("/api/sign-out", {
    method: "POST",
    headers: { cookie: portal, origin: ORIGIN, "x-guildnet-request": "1" },
  });
  expect((await guild.ask("/", { host: appHost("alice"), headers: { cookie: own } })).status).toBe(401);
});

test("the way in ends at the page that was asked for", async () => {
  const first = await guild.ask("/?folder=/home&x=%2F", { host: appHost("alice"), headers: { accept: "text/html" } });
  expect(first.status).toBe(303);
  expect(first.headers.location).toMatch(/^https:\/\/guild\.test:8090\/open\/alice\?return=/);
  const ticket = await guild.ask(pathOf(first.headers.location), {
    headers: { cookie: await guild.signedIn("alice") },
  });
  expect(ticket.headers.location).toMatch(/^https:\/\/alice\.apps\.guild\.test:8090\/\.guildnet\/session\?code=/);
  const landed = await guild.ask(pathOf(ticket.headers.location), {
    host: appHost("alice"),
    headers: { cookie: cookiesOf(first) },
  });
  expect(landed.headers.location).toBe(`https://${appHost("alice")}/?folder=/home&x=%2F`);
  expect(landed.headers["set-cookie"]?.[0]).toMatch(
    /^__Host-guildnet-app=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
});

test("a ticket is good once, for 30 seconds, on its own host and in the browser that asked", async () => {
  const first = await guild.ask("/", { host: appHost("alice"), headers: { accept: "text/html" } });
  const nonce = cookiesOf(first);
  const portal = await guild.signedIn("alice");
  const ticket = async (): Promise<string> =>
    pathOf((await guild.ask(pathOf(first.headers.location), { headers: { cookie: portal } })).headers.location);
  const land = async (path: string, label: string, browser: string): Promise<number> =>
    (await guild.ask(path, { host: appHost(label), headers: { cookie: browser } })).status;

  expect(await land(await ticket(), "bob", nonce)).toBe(403);
  expect(await land(await ticket(), "alice", "")).toBe(403);
  expect(await land(await ticket(), "alice", "__Host-guildnet-handoff=00000000-0000-0000-0000-000000000000")).toBe(403);
  const shown = await ticket();
  expect(await land(shown, "alice", "")).toBe(403);
  expect(await land(shown, "alice", nonce)).toBe(403);
  const used = await ticket();
  expect(await land(used, "alice", nonce)).toBe(303);
  expect(await land(used, "alice", nonce)).toBe(403);
  const late = await ticket();
  guild.advance(31);
  expect(await land(late, "alice", nonce)).toBe(403);
});

test("no address on the way in holds what another browser could come in with", async () => {
  const first = await guild.ask("/", { host: appHost("alice"), headers: { accept: "text/html" } });
  const nonce = cookiesOf(first).split("=")[1] ?? "";
  expect(nonce).toMatch(/^[0-9a-f-]{36}$/);
  const redirect = pathOf(first.headers.location);
  const ticket = pathOf(
    (await guild.ask(redirect, { headers: { cookie: await guild.signedIn("alice") } })).headers.location,
  );
  for (const address of [redirect, ticket]) expect(address).not.toContain(nonce);
  expect(ticket).toMatch(/^\/\.guildnet\/session\?code=[\w-]{43}$/);
  const shown = new URL(redirect, ORIGIN).searchParams.get("state") ?? "";
  expect(
    (await guild.ask(ticket, { host: appHost("alice"), headers: { cookie: `__Host-guildnet-handoff=${shown}` } }))
      .status,
  ).toBe(403);
});

test.each(["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a b"])(
  "the way in never leads to %s",
  async (target) => {
    const query = new URLSearchParams({ return: target });
    const answer = await guild.ask(`/open/alice?${query}`, { headers: { cookie: await guild.signedIn("alice") } });
    expect(answer.headers.location).toBe(`https://${appHost("alice")}/`);
  },
);

test.each([
  ["stopped", { reason: "ScaledToZero" }],
  ["failed", { reason: "ImagePullBackOff", message: "no such image" }],
] as const)(
  "a %s workspace answers a person with the page that waits, a program with the reason",
  async (state, why) => {
    const { host, cookie: own } = await workspace("resting", undefined);
    guild.workspaces.put({ id: "resting", owner: "alice", state, ...why });
    const page = await guild.ask("/", { host, headers: { cookie: own, accept: "text/html" } });
    expect(page).toMatchObject({ status: 503, body: "<title>waiting page</title>" });
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
    const program = await guild.ask("/data.json", { host, headers: { cookie: own } });
    expect(program.json()).toMatchObject({ code: "not_running", details: { state, ...why } });
    const live = await guild.ask("/.guildnet/state", { host, headers: { cookie: own } });
    expect(live.json()).toEqual({
      workspace: { id: "resting", owner: "alice", state, ...why },
      answers: false,
      portal: ORIGIN,
    });
  },
);

test("a workspace that is running and does not answer yet gets the same page", async () => {
  const { host, cookie: own, backend } = await workspace("away", undefined);
  expect((await guild.ask("/.guildnet/state", { host, headers: { cookie: own } })).json()).toMatchObject({
    answers: true,
  });
  await backend.close();
  backends.splice(0);
  expect(await guild.ask("/", { host, headers: { cookie: own, accept: "text/html" } })).toMatchObject({
    status: 503,
    body: "<title>waiting page</title>",
  });
  expect((await guild.ask("/x.js", { host, headers: { cookie: own } })).json()).toMatchObject({ code: "unreachable" });
  expect((await guild.ask("/.guildnet/state", { host, headers: { cookie: own } })).json()).toMatchObject({
    answers: false,
  });
});

test("what is below /.guildnet/ never reaches a workspace", async () => {
  const before = echo.seen.length;
  for (const path of ["/.guildnet/", "/.guildnet/x", "/.guildnet/session", "/.guildnet/assets/../../x"])
    await guild.ask(path, atAlice());
  expect(echo.seen.length).toBe(before);
});

test.each([
  [
    "a script of another workspace's page",
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
    "GET",
  ],
  [
    "a frame in another origin's page",
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    "GET",
  ],
  [
    "a form of another origin's page",
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    "POST",
  ],
  ["a post that names another origin", { origin: `https://bob.apps.guild.test:8090` }, "POST"],
])("%s is refused by workspace and portal alike", async (_name, headers, method) => {
  const before = echo.seen.length;
  const workspaceAnswer = await guild.ask("/", atAlice({ method, headers }));
  const portalAnswer = await guild.ask("/api/me", {
    method,
    host: PORTAL_HOST,
    headers: { ...headers, cookie: await guild.signedIn("alice") },
  });
  for (const answer of [workspaceAnswer, portalAnswer]) {
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("cross_origin") });
  }
  expect(echo.seen.length).toBe(before);
});

test("a session in use is renewed on the workspace's host too", async () => {
  const own = await startHarness();
  try {
    own.workspaces.put({ id: "alice", owner: "alice", state: "running" });
    own.workspaces.connect("alice", "ide", echo.upstream);
    const before = await own.entered("alice", "alice");
    own.advance(7 * 3600);
    const renewed = await own.ask("/", { host: appHost("alice"), headers: { cookie: before } });
    expect(renewed.headers["set-cookie"]?.[0]).toMatch(/^__Host-guildnet-app=/);
    own.advance(6 * 3600);
    for (const cookie of [before, cookiesOf(renewed)])
      expect((await own.ask("/", { host: appHost("alice"), headers: { cookie } })).status).toBe(200);
    own.advance(12 * 3600 + 1);
    for (const cookie of [before, cookiesOf(renewed)])
      expect((await own.ask("/", { host: appHost("alice"), headers: { cookie } })).status).toBe(401);
  } finally {
    await own.close();
  }
});
