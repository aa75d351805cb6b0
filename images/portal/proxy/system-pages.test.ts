import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testCertificate } from "../../pod/testing/certificates.ts";
import type { SystemPages } from "../guild/system-pages.ts";
import { startBackend, type Backend } from "../testing/backend.ts";
import { appHost, startHarness, type Harness } from "../testing/harness.ts";

// Pages of a system of the guild: who is signed in is led there, and the system is told who that is.

const key = randomBytes(32);
let guild: Harness;
let notes: Backend;
/** Whose certificate is for another name than it is asked by. */
let misnamed: Backend;
let workspace: Backend;

beforeAll(async () => {
  const [own, other, stranger] = await Promise.all([pair("localhost"), pair("elsewhere.test"), pair("localhost")]);
  [notes, misnamed, workspace] = await Promise.all([
    startBackend(undefined, undefined, own),
    startBackend(undefined, undefined, other),
    startBackend(),
  ]);
  const pages = (label: string, { upstream: { port } }: Backend, authority: string): SystemPages => ({
    ...{ label, title: `The ${label}`, audience: `guildnet-${label}`, key },
    upstream: { host: "localhost", port, authority },
  });
  guild = await startHarness(
    {},
    {
      pages: [
        pages("notes", notes, own.cert),
        pages("misnamed", misnamed, other.cert),
        pages("mistrusted", notes, stranger.cert),
      ],
    },
  );
  // Somebody called a workspace so before there were notes.
  guild.workspaces.put({ id: "notes", owner: "bob", state: "running" });
  guild.workspaces.put({ id: "alice", owner: "alice", state: "running" });
  guild.workspaces.connect("alice", "ide", workspace.upstream);
});
afterAll(async () => {
  await guild.close();
  await Promise.all([notes, misnamed, workspace].map((backend) => backend.close()));
});
beforeEach(() => {
  for (const backend of [notes, misnamed, workspace]) backend.seen.splice(0);
});

async function pair(name: string): Promise<{ cert: string; key: Buffer }> {
  const { certificate: cert, directory, remove } = await testCertificate([name]);
  const privateKey = await readFile(join(directory, "tls.key"));
  await remove();
  return { cert, key: privateKey };
}

const whoIsTold = async (statement: unknown) =>
  (await jwtVerify(statement as string, key, { audience: "guildnet-notes", algorithms: ["HS256"] })).payload;

test("the system is told by whom it is asked, for half a minute, whatever the browser says of itself", async () => {
  const cookie = await guild.entered("alice", "notes");
  const headers = { cookie, "x-guildnet-identity": "forged", X_GuildNet_Identity: "forged" };
  const answer = await guild.ask("/guild/note/Roof.md?edit", { host: appHost("notes"), headers });
  expect(answer.status).toBe(200);
  const [seen] = notes.seen;
  expect(seen?.url).toBe("/guild/note/Roof.md?edit");
  expect(seen?.headers.host).toBe(appHost("notes"));
  expect(seen?.headers.cookie, "the portal's own").toBeUndefined();
  expect(seen?.rawHeaders).not.toContain("forged");
  const { sub, exp = 0, iat = 0 } = await whoIsTold(seen?.headers["x-guildnet-identity"]);
  expect({ sub, seconds: exp - iat }).toEqual({ sub: "alice", seconds: 30 });
  const bob = await guild.entered("bob", "notes");
  await guild.ask("/", { host: appHost("notes"), headers: { cookie: bob } });
  expect((await whoIsTold(notes.seen[1]?.headers["x-guildnet-identity"])).sub).toBe("bob");
});

test("so it is of a WebSocket, which ends with the session", async () => {
  const cookie = await guild.entered("alice", "notes");
  const socket = guild.webSocket("/rooms", "notes", { cookie, "x-guildnet-identity": "forged" });
  await once(socket, "open");
  expect((await whoIsTold(notes.seen[0]?.headers["x-guildnet-identity"])).sub).toBe("alice");
  const answer = once(socket, "message");
  socket.send("hello");
  expect(String(((await answer) as [Buffer])[0])).toBe("hello");
  const closed = once(socket, "close");
  guild.advance(31 * 24 * 3600);
  guild.portal.services.leases.endWhere(
    ({ session }) => session !== undefined && guild.portal.services.sessions.endOf(session) <= guild.now(),
  );
  await closed;
});

test("who is not signed in is led to sign in, and the system hears nothing of it", async () => {
  const host = appHost("notes");
  const page = await guild.ask("/", { host, headers: { accept: "text/html" } });
  expect([page.status, page.headers.location]).toEqual([303, expect.stringContaining("/open/notes?")]);
  expect((await guild.ask("/api/vaults/guild/notes", { host, headers: { accept: "application/json" } })).status).toBe(
    401,
  );
  const elsewhere = await guild.entered("alice", "alice");
  expect((await guild.ask("/api/me", { host, headers: { cookie: elsewhere } })).status).toBe(401);
  const socket = guild.webSocket("/rooms", "notes", {});
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode?: number; destroy(): void },
  ];
  response.destroy();
  expect(response.statusCode).toBe(401);
  expect(notes.seen).toEqual([]);
});

test("a page of a workspace can neither ask it nor open a WebSocket there", async () => {
  const cookie = await guild.entered("alice", "notes");
  const from = { origin: `https://${appHost("alice")}`, "sec-fetch-site": "same-site" };
  const answer = await guild.ask("/api/me", { host: appHost("notes"), headers: { cookie, ...from } });
  expect(answer.status).toBe(403);
  const socket = guild.webSocket("/rooms", "notes", { cookie }, { origin: from.origin });
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode?: number; destroy(): void },
  ];
  response.destroy();
  expect([response.statusCode, notes.seen]).toEqual([403, []]);
});

test("a workspace is told nothing of who is signed in", async () => {
  const cookie = await guild.entered("alice", "alice");
  await guild.ask("/", { host: appHost("alice"), headers: { cookie, "x-guildnet-identity": "forged" } });
  const [seen] = workspace.seen;
  expect(seen?.url).toBe("/");
  expect(seen?.headers["x-guildnet-identity"]).toBeUndefined();
});

test.each(["misnamed", "mistrusted"])("one whose certificate is %s is told nothing", async (label) => {
  const cookie = await guild.entered("alice", label);
  const answer = await guild.ask("/", { host: appHost(label), headers: { cookie } });
  expect(answer.status).toBe(502);
  const socket = guild.webSocket("/rooms", label, { cookie });
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode?: number; destroy(): void },
  ];
  response.destroy();
  expect([response.statusCode, notes.seen, misnamed.seen]).toEqual([502, [], []]);
});

test("they are linked for whoever is signed in, are in no list of workspaces, and have one port", async () => {
  const cookie = await guild.signedIn("alice");
  const me = (await guild.ask("/api/me", { headers: { cookie } })).json();
  expect(me["pages"]).toContainEqual({ title: "The notes", url: `https://${appHost("notes")}` });
  const { workspaces } = (await guild.ask("/api/workspaces", { headers: { cookie } })).json() as {
    workspaces: { id: string }[];
  };
  expect(workspaces.map(({ id }) => id)).toEqual(["alice"]);
  const there = await guild.entered("alice", "ide--notes");
  const answer = await guild.ask("/", { host: appHost("ide--notes"), headers: { cookie: there } });
  expect([answer.status, notes.seen]).toEqual([404, []]);
});
