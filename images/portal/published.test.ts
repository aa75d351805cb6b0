import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { MemoryPublications, readPublications, type Publication } from "./guild/publications.ts";
import { startBackend, type Backend } from "./testing/backend.ts";
import { appHost, PORTAL_HOST, startHarness, type Harness } from "./testing/harness.ts";

const publications = new MemoryPublications();
let guild: Harness, hello: Backend, wiki: Backend, web: Backend, ide: Backend;

beforeAll(async () => {
  guild = await startHarness({ GUILDNET_PUBLISHED_LISTEN: "127.0.0.1:0" }, { publications });
  [hello, wiki, web, ide] = await Promise.all([startBackend(), startBackend(), startBackend(), startBackend()]);
  guild.workspaces.connect("hello", "app", hello.upstream);
  guild.workspaces.connect("wiki", "app", wiki.upstream);
  guild.workspaces.connect("alice", "web", web.upstream);
  guild.workspaces.connect("alice", "ide", ide.upstream);
});
afterAll(async () => {
  await guild.close();
  await Promise.all([hello, wiki, web, ide].map((backend) => backend.close()));
});

const open = (host: string, label: string, more: Partial<Publication> = {}): Publication => ({
  host,
  label,
  evenThoughPrivate: false,
  ...more,
});

beforeEach(() => {
  guild.workspaces.put({ id: "hello", owner: "alice", visibility: "public", state: "running" });
  guild.workspaces.put({ id: "wiki", owner: "alice", visibility: "private", state: "running" });
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  publications.replace([
    open("hello.example.org", "hello"),
    open("web.example.org", "web--alice", { evenThoughPrivate: true }),
  ]);
  for (const { seen } of [hello, wiki, web, ide]) seen.length = 0;
});

interface Came {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}

/** What comes back at the port where the tunnel ends. @param name that the TLS connection is made for */
function ask(
  name: string,
  { path = "/", host = name, headers = {} }: { path?: string; host?: string; headers?: Record<string, string> } = {},
): Promise<Came> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      { ...connection(name), path, headers: { host, ...headers }, agent: false },
      (response) => {
        let body = "";
        response
          .setEncoding("utf8")
          .on("data", (part: string) => (body += part))
          .once("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    call.once("error", reject).end();
  });
}

function connection(servername: string) {
  return {
    hostname: "127.0.0.1",
    port: guild.portal.publishedAddress?.port ?? expect.fail("nothing is published"),
    rejectUnauthorized: false,
    servername,
  };
}

const asked = (): string[] =>
  Object.entries({ hello, wiki, web, ide }).flatMap(([name, { seen }]) => seen.map(({ url }) => `${name} ${url}`));

describe("what is published", () => {
  test("answers under its own name, at whatever port the tunnel has, for whoever comes", async () => {
    expect((await ask("hello.example.org", { path: "/a?b" })).status).toBe(200);
    expect((await ask("hello.example.org", { host: "Hello.example.org:8443" })).status).toBe(200);
    expect(asked()).toEqual(["hello /a?b", "hello /"]);
  });

  test("is told who asks as every app is, and believes no visitor who says it himself", async () => {
    await ask("hello.example.org", {
      headers: {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-user": "alice",
        "remote-user": "alice",
        cookie: "__Host-guildnet=a; mine=b",
      },
    });
    expect(hello.seen[0]?.headers).toMatchObject({
      host: "hello.example.org",
      "x-forwarded-host": "hello.example.org",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      cookie: "mine=b",
    });
    expect(hello.seen[0]?.headers).not.toHaveProperty("remote-user");
    expect(hello.seen[0]?.headers).not.toHaveProperty("x-forwarded-user");
  });

  test("may be a port of a workspace, and is not its IDE", async () => {
    expect((await ask("web.example.org")).status).toBe(200);
    for (const label of ["alice", "ide--alice"]) {
      publications.replace([open("web.example.org", label, { evenThoughPrivate: true })]);
      expect((await ask("web.example.org")).status, label).toBe(404);
    }
    expect(asked()).toEqual(["web /"]);
  });

  test("is public, or said to be open although it is not", async () => {
    publications.replace([open("wiki.example.org", "wiki")]);
    expect(await ask("wiki.example.org")).toMatchObject({ status: 404 });
    publications.replace([open("wiki.example.org", "wiki", { evenThoughPrivate: true })]);
    expect(await ask("wiki.example.org")).toMatchObject({ status: 200 });
    guild.workspaces.put({ id: "hello", owner: "alice", visibility: "members", state: "running" });
    publications.replace([open("hello.example.org", "hello")]);
    expect(await ask("hello.example.org")).toMatchObject({ status: 404 });
  });

  test("that is away says so, and nothing of how things are inside", async () => {
    guild.workspaces.put({ id: "hello", owner: "alice", visibility: "public", state: "failed", reason: "SECRET" });
    expect(await ask("hello.example.org")).toMatchObject({ status: 503, body: expect.not.stringContaining("SECRET") });
    publications.replace([open("hello.example.org", "gone")]);
    expect(await ask("hello.example.org")).toMatchObject({ status: 404 });
  });
});

describe("nothing else is reached", () => {
  test.each([
    ["the portal", PORTAL_HOST],
    ["the portal without a port", "guild.test"],
    ["a workspace", appHost("alice")],
    ["an app that is not published", appHost("wiki")],
    ["the app by its name in the guild", appHost("hello")],
    ["an address", "127.0.0.1"],
    ["a name below", "a.hello.example.org"],
    ["a name above", "example.org"],
    ["a name with a dot more", "hello.example.org."],
    ["a name with another behind it", "hello.example.org@guild.test"],
    ["a Service", "portal.guildnet-portal.svc"],
    ["no name", ""],
  ])("by the name of %s in the Host header, nor in the TLS connection", async (_what, host) => {
    const byHeader = await ask("hello.example.org", { host });
    expect([400, 421]).toContain(byHeader.status);
    const bare = host.replace(/:\d+$/, "");
    // Node's client sends no address and no empty name.
    const byBoth = await ask(/[a-z]/.test(bare) && !bare.includes("@") ? bare : "", { host });
    expect([400, 404, 421]).toContain(byBoth.status);
    for (const { body } of [byHeader, byBoth]) expect(body).not.toMatch(/guild\.test|8090/);
    expect(asked()).toEqual([]);
  });

  test("by the name of another that is published", async () => {
    expect(await ask("hello.example.org", { host: "web.example.org" })).toMatchObject({ status: 421 });
    expect(await ask("web.example.org", { host: "hello.example.org" })).toMatchObject({ status: 421 });
    expect(asked()).toEqual([]);
  });

  test.each(["/.guildnet/session?ticket=x", "/.guildnet/", "/.guildnet/sign-out"])(
    "at the portal's own path %s",
    async (path) => {
      expect(await ask("hello.example.org", { path })).toMatchObject({ status: 404 });
      expect(asked()).toEqual([]);
    },
  );

  test.each(["/api/workspaces", "/sign-in?token=x", "/open/alice", "/%2e%2e/api/workspaces", "//guild.test/api"])(
    "at %s, which is the app's own to answer",
    async (path) => {
      expect(await ask("hello.example.org", { path })).toMatchObject({ status: 200 });
      expect(asked()).toEqual([`hello ${path}`]);
    },
  );

  test.each([
    ["two Host headers", "GET / HTTP/1.1\r\nHost: hello.example.org\r\nHost: guild.test:8090\r\n\r\n"],
    [
      "a target with a host of its own",
      "GET https://guild.test:8090/api/workspaces HTTP/1.1\r\nHost: hello.example.org\r\n\r\n",
    ],
    ["a folded Host header", "GET / HTTP/1.1\r\nHost: hello.example.org\r\n guild.test:8090\r\n\r\n"],
    ["no Host header", "GET / HTTP/1.1\r\n\r\n"],
    ["CONNECT", "CONNECT guild.test:8090 HTTP/1.1\r\nHost: hello.example.org\r\n\r\n"],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: hello.example.org\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: guild.test:8090\r\n\r\n",
    ],
  ])("by %s", async (_what, bytes) => {
    expect(await exchange(bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(asked()).toEqual([]);
  });

  test("by a second request on the same connection", async () => {
    const answers = await exchange(
      "GET /first HTTP/1.1\r\nHost: hello.example.org\r\n\r\nGET /api/workspaces HTTP/1.1\r\nHost: guild.test:8090\r\nConnection: close\r\n\r\n",
    );
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(["200", "421"]);
    expect(asked()).toEqual(["hello /first"]);
  });

  test("by a published name at the port for browsers", async () => {
    expect((await guild.ask("/", { host: "hello.example.org" })).status).toBe(421);
  });

  /** What comes back of bytes on a connection for the published name, until it ends. */
  async function exchange(bytes: string): Promise<string> {
    const { hostname, ...rest } = connection("hello.example.org");
    const socket: TLSSocket = connect({ host: hostname, ...rest });
    await once(socket, "secureConnect");
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.write(bytes);
    await once(socket, "close");
    return text;
  }
});

describe("the end of its time", () => {
  const webSocket = async (): Promise<WebSocket> => {
    const { port } = connection("hello.example.org");
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, {
      rejectUnauthorized: false,
      headers: { host: "hello.example.org" },
      servername: "hello.example.org",
    } as ClientOptions);
    await once(socket, "open");
    return socket;
  };

  test("closes it by the clock, and what is open on it", async () => {
    const socket = await webSocket();
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    publications.replace([
      open("hello.example.org", "hello", { until: guild.now() + 0.2 }),
      open("web.example.org", "web--alice", { evenThoughPrivate: true }),
    ]);
    await closed;
    expect(await ask("hello.example.org")).toMatchObject({ status: 404 });
    expect(await ask("web.example.org")).toMatchObject({ status: 200 });
  });

  test("is looked at for each request", async () => {
    publications.replace([open("hello.example.org", "hello", { until: guild.now() + 3600 })]);
    expect(await ask("hello.example.org")).toMatchObject({ status: 200 });
    guild.advance(3601);
    expect(await ask("hello.example.org")).toMatchObject({ status: 404 });
  });

  test("comes at once where it is published no more", async () => {
    const socket = await webSocket();
    socket.on("error", () => undefined);
    const closed = once(socket, "close");
    publications.replace([]);
    await closed;
  });

  test("does not come where something else of it changes", async () => {
    publications.replace([
      open("web.example.org", "web--alice", { evenThoughPrivate: true }),
      open("hello.example.org", "hello"),
    ]);
    const socket = await webSocket();
    guild.workspaces.put({ id: "hello", owner: "alice", visibility: "public", state: "running", since: "later" });
    publications.replace([open("hello.example.org", "hello", { until: guild.now() + 3600 })]);
    socket.send("still there");
    const [said] = (await once(socket, "message")) as [Buffer];
    expect(said.toString()).toBe("still there");
    socket.close();
  });
});

test("lines that can't be understood open nothing", () => {
  const line = { host: "hello.example.org", label: "hello" };
  const text = JSON.stringify([
    line,
    { ...line, label: "two.labels" },
    { ...line, until: "soon" },
    { ...line, until: "2026-12-25T00:00:00Z", evenThoughPrivate: true },
    { label: "hello" },
  ]);
  expect(readPublications(text)).toEqual([
    { ...line, evenThoughPrivate: false },
    { ...line, evenThoughPrivate: true, until: Date.UTC(2026, 11, 25) / 1000 },
  ]);
});

test("visitors that the tunnel announces are told to what is published", async () => {
  const other = await startHarness(
    { GUILDNET_PUBLISHED_LISTEN: "127.0.0.1:0", GUILDNET_PUBLISHED_ANNOUNCED: "true" },
    { publications },
  );
  other.workspaces.put({ id: "hello", owner: "alice", visibility: "public", state: "running" });
  other.workspaces.connect("hello", "app", hello.upstream);
  const { connect: dial } = await import("node:net");
  const plain = dial(other.portal.publishedAddress?.port ?? 0, "127.0.0.1");
  plain.write("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n");
  const socket = connect({ socket: plain, servername: "hello.example.org", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.resume().write("GET / HTTP/1.1\r\nHost: hello.example.org\r\nConnection: close\r\n\r\n");
  await once(socket, "close");
  await vi.waitFor(() => expect(hello.seen[0]?.headers["x-forwarded-for"]).toBe("203.0.113.7"));
  await other.close();
});
