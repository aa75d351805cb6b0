import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Site } from "../entrance/hosts.ts";
import { MemorySystems } from "../guild/systems.ts";
import { startBackend } from "../testing/backend.ts";
import { appHost, ORIGIN, pathOf, signInWith, startHarness, type Ask, type Harness } from "../testing/harness.ts";

let guild: Harness;
beforeAll(async () => {
  guild = await startHarness({ GUILDNET_ADMINS: "root", GUILDNET_NAME: "The Lab" });
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
});
afterAll(() => guild.close());

const post = (cookie: string, headers: Ask["headers"]): Ask => ({ method: "POST", headers: { cookie, ...headers } });

test("what changes something needs more than the cookie", async () => {
  const cookie = await guild.signedIn("alice");
  for (const [headers, code] of [
    [{}, "intent_missing"],
    [{ origin: ORIGIN }, "intent_missing"],
    [{ "x-guildnet-request": "1", origin: "https://alice.apps.guild.test:8090" }, "cross_origin"],
    [{ "x-guildnet-request": "1", origin: "null" }, "cross_origin"],
    [{ "x-guildnet-request": "1", "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, "cross_origin"],
  ] as const) {
    const answer = await guild.ask("/api/sign-out", post(cookie, headers));
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ code });
  }
  expect((await guild.ask("/api/me", { headers: { cookie } })).status).toBe(200);
  const login = signInWith(await guild.link("alice"));
  expect(
    (await guild.ask("/api/sign-in", { ...login, headers: { ...login.headers, origin: "https://evil.test" } })).status,
  ).toBe(403);
});

test("errors have one shape, and carry the request's id where it is harmless", async () => {
  const answer = await guild.ask("/api/nothing", { headers: { "x-request-id": "abc-1" } });
  expect(answer.json()).toEqual({ code: "not_found", message: "There is nothing here.", request_id: "abc-1" });
  expect(answer.headers["x-request-id"]).toBe("abc-1");
  for (const given of ["a b", "x".repeat(65), '"}']) {
    const { headers } = await guild.ask("/api/nothing", { headers: { "x-request-id": given } });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect((await guild.ask("/%zz")).json()).toMatchObject({ code: "bad_request" });
  const tooBig = { ...signInWith("x"), body: JSON.stringify({ token: "x".repeat(20_000) }) };
  expect((await guild.ask("/api/sign-in", tooBig)).status).toBe(413);
  expect((await guild.ask("/api/sign-in", { ...signInWith("x"), body: "{" })).json()).toMatchObject({
    code: "bad_request",
  });
});

test("pages and API carry the headers that keep them to themselves", async () => {
  for (const path of ["/", "/sign-in?token=x", "/api/me", "/nothing", "/open/alice"]) {
    const { headers } = await guild.ask(path);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "x-frame-options": "DENY",
    });
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'self'.*frame-ancestors 'none'/);
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  }
  const asset = await guild.ask("/.guildnet/assets/app.js");
  expect(asset).toMatchObject({ status: 200, body: "export {};" });
  expect(asset.headers["cache-control"]).toContain("immutable");
  expect((await guild.ask("/.guildnet/assets/%2e%2e/index.html")).status).toBeGreaterThanOrEqual(400);
});

test.each([
  ["https://guildnet.localhost", false],
  ["https://guildnet.localhost:8090", false],
  ["https://nas.lan:8090", false],
  ["https://guild.example.org", true],
])("HSTS is sent at HTTPS' own port alone, as it covers every port of the machine: %s %s", (origin, expected) =>
  expect(new Site(origin, "apps.example.org").secureTransportHeader).toBe(expected),
);

test("the list follows the cluster while one looks, and ends with the session", async () => {
  const cookie = await guild.signedIn("bob");
  const stream = await guild.open("/api/workspaces/live", { headers: { cookie } });
  expect(stream.headers["content-type"]).toBe("text/event-stream");
  const next = async (): Promise<string> => String(((await once(stream, "data")) as [Buffer])[0]);
  expect(await next()).toBe('event: snapshot\ndata: {"workspaces":[],"machine":{}}\n\n');
  guild.workspaces.put({ id: "alice", owner: "alice", state: "stopped" });
  guild.workspaces.put({ id: "b1", owner: "bob", state: "starting", reason: "ContainerCreating" });
  const changed = {
    id: "b1",
    owner: "bob",
    state: "starting",
    reason: "ContainerCreating",
    mine: true,
    openable: true,
    url: "https://b1.apps.guild.test:8090",
  };
  expect(await next()).toBe(`event: change\ndata: ${JSON.stringify({ workspace: changed })}\n\n`);
  guild.workspaces.put({ id: "b1", owner: "alice", state: "starting" });
  expect(await next()).toBe('event: remove\ndata: {"id":"b1"}\n\n');
  const ended = once(stream, "end");
  await guild.ask("/api/sign-out", post(cookie, { origin: ORIGIN, "x-guildnet-request": "1" }));
  await ended;
  await expect.poll(() => guild.portal.services.leases.size).toBe(0);
});

test("who is signed out is told whom to ask, and how who keeps the guild makes a link", async () => {
  const own = await startHarness({
    GUILDNET_ADMINS: "root",
    GUILDNET_NAME: "The Lab",
    GUILDNET_LINK_COMMAND: "npm run link -- --stack lab",
  });
  expect((await own.ask("/api/me")).json()).toMatchObject({
    code: "signed_out",
    details: { guild: "The Lab", ask: ["root"], link_command: "npm run link -- --stack lab" },
  });
  expect((await own.ask("/api/workspaces")).json()).not.toHaveProperty("details");
  expect((await own.ask("/api/me", { headers: { cookie: await own.signedIn("bob") } })).json()).toMatchObject({
    handle: "bob",
    admin: false,
    ask: ["root"],
  });
  await own.close();
});

test("how the systems are is told to admins alone", async () => {
  const systems = new MemorySystems(),
    own = await startHarness({ GUILDNET_ADMINS: "root" }, { systems });
  systems.states = [{ what: "registry", where: "guildnet-registry/registry", state: "0/1 ready", healthy: false }];
  const asked = async (handle: string) => own.ask("/api/systems", { headers: { cookie: await own.signedIn(handle) } });
  expect((await asked("root")).json()).toEqual({ systems: systems.states });
  const refused = await asked("bob");
  expect(refused.status).toBe(403);
  expect(refused.json()).toMatchObject({ code: "admins_only" });
  expect(refused.body).not.toContain("registry");
  expect((await own.ask("/api/systems")).status).toBe(401);
  systems.look = () => Promise.reject(new Error("the API server answered 404"));
  expect(await asked("root")).toMatchObject({ status: 502, body: expect.stringContaining("systems_unreadable") });
  await own.close();
});

test("a list of 1,000 workspaces is given whole", async () => {
  const big = await startHarness({ GUILDNET_ADMINS: "root" });
  for (let index = 0; index < 1000; index++)
    big.workspaces.put({ id: `w${index}`, owner: "alice", state: "failed", message: "x".repeat(2000) });
  const cookie = await big.signedIn("root");
  const { workspaces } = (await big.ask("/api/workspaces", { headers: { cookie } })).json() as {
    workspaces: unknown[];
  };
  expect(workspaces).toHaveLength(1000);
  const stream = await big.open("/api/workspaces/live", { headers: { cookie } });
  let text = "";
  for await (const chunk of stream) if ((text += String(chunk)).endsWith("\n\n")) break;
  expect((JSON.parse(text.split("data: ")[1] ?? "") as { workspaces: unknown[] }).workspaces).toHaveLength(1000);
  await big.close();
});

test("no link, ticket, cookie or key is ever logged", async () => {
  const backend = await startBackend((_request, response) => response.destroy());
  guild.workspaces.put({ id: "quiet", owner: "alice", state: "running" });
  guild.workspaces.connect("quiet", "ide", backend.upstream, ["canary-ide-key"]);
  const token = await guild.link("alice");
  await guild.ask(`/sign-in?token=${token}`);
  await guild.ask(`/nothing?token=${token}`, { headers: { referer: `${ORIGIN}/sign-in?token=${token}` } });
  await guild.ask("/api/sign-in", { ...signInWith(token), body: `{"token":"${token}` });
  const session = await guild.ask("/api/sign-in", signInWith(token));
  await guild.ask("/api/sign-in", signInWith(token));
  const first = await guild.ask("/?secret=canary-query", { host: appHost("quiet"), headers: { accept: "text/html" } });
  const cookie = session.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const ticket = await guild.ask(pathOf(first.headers.location), { headers: { cookie } });
  const code = pathOf(ticket.headers.location);
  await guild.ask(code, { host: appHost("quiet") });
  const own = await guild.entered("alice", "quiet");
  await guild.ask("/?secret=canary-query", { host: appHost("quiet"), headers: { cookie: own } });
  const socket = guild.webSocket("/?secret=canary-query", "quiet", { cookie: own });
  await once(socket, "open");
  socket.terminate();
  const log = guild.logLines.join("");
  expect(log).toContain("signed in");
  expect(log).toContain("workspace not reached");
  for (const secret of [
    token,
    token.split(".")[2],
    cookie.split("=")[1],
    own.split("=")[1],
    code.split("=")[1],
    "canary-ide-key",
    "canary-query",
  ]) {
    expect(secret).toBeTruthy();
    expect(log).not.toContain(secret);
  }
  await backend.close();
});

test("a stop ends what is open, lets what runs finish, and takes nothing new", async () => {
  const own = await startHarness();
  let finish: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const backend = await startBackend((_request, response) => {
    finish = () => response.end("done");
    arrive();
  });
  own.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  own.workspaces.connect("alice", "ide", backend.upstream);
  const cookie = await own.entered("alice", "alice");
  const socket = own.webSocket("/", "alice", { cookie });
  await once(socket, "open");
  const running = own.ask("/slow", { host: appHost("alice"), headers: { cookie } });
  await arrived;
  const closed = own.close(60_000);
  await once(socket, "close");
  await expect(own.ask("/")).rejects.toThrow("ECONNREFUSED");
  finish();
  expect((await running).body).toBe("done");
  await closed;
  await backend.close();
});
