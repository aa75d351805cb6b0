import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mayOpen, type Visibility, type Workspace } from "../guild/workspaces.ts";
import { startBackend, type Backend, type Seen } from "../testing/backend.ts";
import { appHost, cookiesOf, pathOf, startHarness, type Harness } from "../testing/harness.ts";

let guild: Harness;
let echo: Backend;
const html = { accept: "text/html" };

const app = (visibility: Visibility): Workspace => ({
  id: `${visibility}-app`,
  owner: "alice",
  visibility,
  state: "running",
});

beforeAll(async () => {
  guild = await startHarness({ GUILDNET_ADMINS: "root" });
  echo = await startBackend();
  for (const visibility of ["private", "members", "public"] as const) {
    guild.workspaces.put(app(visibility));
    for (const port of ["app", "admin"]) guild.workspaces.connect(`${visibility}-app`, port, echo.upstream, []);
  }
});
afterAll(async () => {
  await guild.close();
  await echo.close();
});

describe("who may open an app", () => {
  test.each<[Visibility | undefined, string | undefined, boolean]>([
    ["private", "alice", true],
    ["private", "bob", false],
    ["private", undefined, false],
    ["members", "alice", true],
    ["members", "bob", true],
    ["members", undefined, false],
    ["public", "alice", true],
    ["public", "bob", true],
    ["public", undefined, true],
    [undefined, "alice", true],
    [undefined, "bob", false],
    [undefined, undefined, false],
  ])("%s: %s %s", (visibility, handle, expected) =>
    expect(mayOpen({ id: "x", owner: "alice", state: "running", visibility }, handle)).toBe(expected),
  );
});

describe("a private app", () => {
  test("is its owner's, under its own name, without an IDE's cookie", async () => {
    const cookie = await guild.entered("alice", "private-app");
    const answer = await guild.ask("/x?y=1", {
      host: appHost("private-app"),
      headers: { cookie, authorization: "Bearer of-the-app" },
    });
    const seen = answer.json() as unknown as Seen;
    expect(seen).toMatchObject({
      url: "/x?y=1",
      headers: { host: appHost("private-app"), authorization: "Bearer of-the-app" },
    });
    expect(JSON.stringify(seen)).not.toMatch(/code-server-session|__Host-guildnet/);
  });

  test("is nobody else's, not even an admin's", async () => {
    for (const handle of ["bob", "root"]) {
      const asked = await guild.ask("/", { host: appHost("private-app"), headers: html });
      expect(asked.status).toBe(303);
      expect(
        (await guild.ask(pathOf(asked.headers.location), { headers: { cookie: await guild.signedIn(handle) } })).status,
      ).toBe(404);
    }
    expect((await guild.ask("/", { host: appHost("private-app") })).status).toBe(401);
  });
});

describe("an app for members", () => {
  test("is open to whoever is signed in, and sends others to the portal", async () => {
    const cookie = await guild.entered("bob", "members-app");
    expect((await guild.ask("/", { host: appHost("members-app"), headers: { cookie } })).status).toBe(200);
    expect((await guild.ask("/", { host: appHost("members-app"), headers: html })).status).toBe(303);
    expect((await guild.ask("/api", { host: appHost("members-app") })).status).toBe(401);
  });

  test("doesn't take the cookie of another app's host", async () => {
    const cookie = await guild.entered("bob", "members-app");
    expect((await guild.ask("/", { host: appHost("private-app"), headers: { cookie } })).status).toBe(401);
  });

  test("ends what others have open once it is private", async () => {
    const cookie = await guild.entered("bob", "members-app");
    const socket = guild.webSocket("/", "members-app", { cookie });
    await once(socket, "open");
    guild.workspaces.put({ ...app("members"), visibility: "private" });
    await once(socket, "close");
    expect((await guild.ask("/", { host: appHost("members-app"), headers: { cookie } })).status).toBe(401);
    guild.workspaces.put(app("members"));
  });
});

describe("a public app", () => {
  test("is open to everybody, at each of its ports", async () => {
    for (const label of ["public-app", "admin--public-app"]) {
      const answer = await guild.ask("/", { host: appHost(label), headers: html });
      expect(answer.status).toBe(200);
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
    expect((await guild.ask("/", { host: appHost("nothing--public-app") })).json()).toMatchObject({
      code: "no_such_port",
    });
  });

  test("keeps a WebSocket open without a session, and loses it when it is public no more", async () => {
    const socket = guild.webSocket("/", "public-app");
    await once(socket, "open");
    guild.workspaces.put({ ...app("public"), visibility: "members" });
    await once(socket, "close");
    expect((await guild.ask("/", { host: appHost("public-app") })).status).toBe(401);
    guild.workspaces.put(app("public"));
  });

  test.each<[string, string, Record<string, string>]>([
    [
      "an identity provider's form",
      "POST",
      {
        origin: "https://idp.example.org",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
      },
    ],
    ["a phone's program", "POST", { origin: "capacitor://localhost" }],
    [
      "another site's image",
      "GET",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    ],
    [
      "another site's frame",
      "GET",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    ],
    [
      "the question whether it may be asked",
      "OPTIONS",
      { origin: "https://other.example.org", "access-control-request-method": "PUT" },
    ],
    [
      "that question of its own other port",
      "OPTIONS",
      { origin: "https://admin--public-app.apps.guild.test:8090", "access-control-request-method": "PUT" },
    ],
    [
      "a sandboxed frame of its own",
      "GET",
      { origin: "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
    ],
  ])("decides for itself whom it serves: %s", async (_name, method, headers) => {
    const seen = (await guild.ask("/x", { host: appHost("public-app"), method, headers })).json() as unknown as Seen;
    expect(seen).toMatchObject({ method, url: "/x", headers: { ...(headers.origin && { origin: headers.origin }) } });
  });

  test.each([undefined, "null", "capacitor://localhost", "https://other.example.org"])(
    "lets WebSockets of whomever through to decide: %s",
    async (origin) => {
      const socket = guild.webSocket("/", "public-app", {}, { origin });
      await once(socket, "open");
      socket.terminate();
    },
  );

  test.each(["private", "members"])("is alone in that: one that is %s has its own pages alone", async (visibility) => {
    const cookie = await guild.entered("alice", `${visibility}-app`);
    expect(
      (
        await guild.ask("/", {
          host: appHost(`${visibility}-app`),
          method: "POST",
          headers: { cookie, origin: "https://evil.test" },
        })
      ).json(),
    ).toMatchObject({ code: "cross_origin" });
    const [error] = (await once(
      guild.webSocket("/", `${visibility}-app`, { cookie }, { origin: "https://evil.test" }),
      "error",
    )) as [Error];
    expect(error.message).toContain("403");
  });

  test("that doesn't run answers with the page that waits, which asks without a session too", async () => {
    guild.workspaces.put({ ...app("public"), state: "starting" });
    expect(await guild.ask("/", { host: appHost("public-app"), headers: html })).toMatchObject({
      status: 503,
      body: "<title>waiting page</title>",
    });
    expect((await guild.ask("/.guildnet/state", { host: appHost("public-app") })).json()).toMatchObject({
      workspace: { state: "starting" },
      answers: false,
    });
    guild.workspaces.put(app("public"));
  });
});

test("everybody who is signed in sees the apps that are open to them; an admin sees all", async () => {
  const list = async (handle: string) => {
    const { workspaces } = (
      await guild.ask("/api/workspaces", { headers: { cookie: await guild.signedIn(handle) } })
    ).json() as { workspaces: { id: string; mine: boolean; openable: boolean }[] };
    return workspaces.map(({ id, mine, openable }) => `${id}${mine ? " mine" : ""}${openable ? " openable" : ""}`);
  };
  expect(await list("alice")).toEqual([
    "members-app mine openable",
    "private-app mine openable",
    "public-app mine openable",
  ]);
  expect(await list("bob")).toEqual(["members-app openable", "public-app openable"]);
  expect(await list("root")).toEqual(["members-app openable", "private-app", "public-app openable"]);
  expect((await guild.ask("/api/workspaces")).status).toBe(401);
});

test("nobody is told on a strange host whether there is anything", async () => {
  const first = await guild.ask("/", { host: appHost("nothing"), headers: html });
  expect(first.status).toBe(303);
  expect(cookiesOf(first)).toContain("__Host-guildnet-handoff");
});
