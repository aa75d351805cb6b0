import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { SignJWT } from "jose";
import { expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import * as Y from "yjs";
import { z } from "zod";
import { git } from "../testing/remote.ts";
import { KEY, startNotes, statement, type NotesServer } from "../testing/notes-server.ts";
import { AUDIENCE, IDENTITY_HEADER } from "./identity.ts";

const GUILD = "/api/vaults/guild";

test("notes are made, read, found, changed, renamed and removed", async () => {
  const { ask } = await startNotes();
  const made = await ask("ada", "POST", `${GUILD}/notes`, {
    path: "plans/Über uns.md",
    text: "# Über uns\n\n#plan [[Shed]] <script>x</script>\n",
  });
  expect(made).toMatchObject({
    status: 201,
    body: { title: "Über uns", tags: ["plan"], links: [{ target: "Shed", path: null }] },
  });
  await ask("grace", "POST", `${GUILD}/notes`, { path: "Shed.md", text: "See [[Über uns]]." });
  const { body } = await ask("grace", "GET", `${GUILD}/notes/plans/${encodeURIComponent("Über uns.md")}`);
  expect(body).toMatchObject({
    links: [{ target: "Shed", path: "Shed.md" }],
    backlinks: [{ path: "Shed.md", lines: ["See [[Über uns]]."] }],
  });
  const { html } = z.object({ html: z.string() }).parse(body);
  expect(html).toContain('<a href="/guild/note/Shed.md" class="wiki-link">Shed</a>');
  expect(html).toContain('<a href="/guild/search?q=%23plan" class="tag">#plan</a>');
  expect(html).not.toContain("script");
  expect((await ask("ada", "GET", `${GUILD}/search?q=${encodeURIComponent("uber #plan")}`)).body).toMatchObject([
    { path: "plans/Über uns.md" },
  ]);
  expect((await ask("ada", "GET", `${GUILD}/tags`)).body).toEqual([{ tag: "plan", count: 1 }]);
  expect((await ask("ada", "GET", `${GUILD}/graph`)).body).toMatchObject({ links: [{}, {}] });
  expect(
    (await ask("ada", "PUT", `${GUILD}/notes/Shed.md`, { text: "Nothing [[Über uns]]", base: "See [[Über uns]]." }))
      .status,
  ).toBe(200);
  expect((await ask("ada", "POST", `${GUILD}/renames`, { from: "plans/Über uns.md", to: "About.md" })).body).toEqual({
    path: "About.md",
    changed: ["About.md", "Shed.md"],
  });
  expect((await ask("ada", "GET", `${GUILD}/notes/Shed.md`)).body).toMatchObject({ text: "Nothing [[About]]" });
  expect((await ask("ada", "DELETE", `${GUILD}/notes/About.md`)).status).toBe(204);
  expect((await ask("ada", "GET", `${GUILD}/notes`)).body).toMatchObject([{ path: "Shed.md" }]);
});

test("a note whose file's name is decomposed is read, changed, edited, renamed and removed", async () => {
  const server = await startNotes();
  const { ask, folder } = server;
  await ask("ada", "GET", `${GUILD}/notes`);
  const decomposed = ["U\u0308ber.md", "Cafe\u0301.md"];
  for (const path of decomposed) await writeFile(join(folder, "guild/notes", path), "one\n");
  await vi.waitFor(async () => expect((await ask("ada", "GET", `${GUILD}/search?q=one`)).body).toHaveLength(2), 10_000);
  const at = (path: string): string => `${GUILD}/notes/${encodeURIComponent(path)}`;
  expect((await ask("ada", "GET", at("U\u0308ber.md"))).body).toMatchObject({ path: "U\u0308ber.md", text: "one\n" });
  expect((await ask("ada", "PUT", at("U\u0308ber.md"), { text: "two\n" })).status).toBe(200);
  expect(await entered(server, "ada", await roomOf(server, "ada", "guild", "U\u0308ber.md"))).toBeInstanceOf(Y.Text);
  const renamed = await ask("ada", "POST", `${GUILD}/renames`, { from: "U\u0308ber.md", to: "Über.md" });
  expect(renamed.body).toEqual({ path: "Über.md", changed: ["Über.md"] });
  expect((await ask("ada", "DELETE", at("Cafe\u0301.md"))).status).toBe(204);
  expect(await readdir(join(folder, "guild/notes"))).toEqual([".git", "Über.md"]);
  expect(await readFile(join(folder, "guild/notes/Über.md"), "utf8")).toBe("two\n");
});

test("what can't be is told, and changes nothing", async () => {
  const { ask, folder } = await startNotes();
  await ask("ada", "POST", `${GUILD}/notes`, { path: "a.md" });
  await writeFile(join(folder, "guild/notes/large.md"), Buffer.alloc(3 * 1024 * 1024, "x"));
  const refused: [string, string, unknown, number, string][] = [
    ["POST", "notes", { path: "A.md" }, 409, "exists"],
    ["POST", "notes", { path: "../a.md" }, 400, "bad_path"],
    ["POST", "notes", { path: "a.txt" }, 400, "bad_path"],
    ["POST", "notes", { path: 7 }, 400, "bad_request"],
    ["POST", "notes", { path: "b.md", other: 1 }, 400, "bad_request"],
    ["PUT", "notes/gone.md", { text: "x" }, 404, "missing"],
    ["GET", "notes/%2e%2e%2f%2e%2e%2ftokens.md", undefined, 400, "bad_path"],
    ["GET", "notes/..%2f..%2f..%2fetc%2fpasswd.md", undefined, 400, "bad_path"],
    ["GET", "notes/.git%2fconfig.md", undefined, 400, "bad_path"],
    ["GET", "notes/large.md", undefined, 415, "unreadable"],
    ["DELETE", "notes/gone.md", undefined, 404, "missing"],
    ["POST", "renames", { from: "a.md", to: "../b.md" }, 400, "bad_path"],
    ["POST", "rooms", { path: "gone.md" }, 404, "missing"],
    ["GET", "search?most=100000", undefined, 400, "bad_request"],
    ["GET", "nothing", undefined, 404, "not_found"],
  ];
  for (const [method, path, body, status, code] of refused) {
    expect([method, path, await ask("ada", method, `${GUILD}/${path}`, body)]).toMatchObject([
      method,
      path,
      { status, body: { code } },
    ]);
  }
  expect((await ask("ada", "GET", `${GUILD}/notes/a.md`)).body).toMatchObject({ text: "" });
});

test("the guild's vault is everybody's, and a person's own is that person's alone", async () => {
  const { ask } = await startNotes();
  expect((await ask("ada", "GET", "/api/me")).body).toEqual({
    handle: "ada",
    guildName: "Test guild",
    vaults: ["guild", "~ada"],
  });
  expect((await ask("ada", "POST", "/api/vaults/~ada/notes", { path: "diary.md", text: "private" })).status).toBe(201);
  for (const path of [
    "~ada/notes",
    "~ada/notes/diary.md",
    "~ada/search?q=private",
    "~ada/graph",
    "~nobody/notes",
    "~../notes",
    "..%2fpeople%2fada/notes",
  ]) {
    expect([path, (await ask("grace", "GET", `/api/vaults/${path}`)).status]).toEqual([path, 404]);
  }
  expect((await ask("grace", "POST", "/api/vaults/~ada/rooms", { path: "diary.md" })).status).toBe(404);
  expect((await ask("grace", "GET", `${GUILD}/search?q=private`)).body).toEqual([]);
});

test("nobody is believed but the portal", async () => {
  const { ask } = await startNotes();
  const now = Math.floor(Date.now() / 1000);
  const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${btoa(JSON.stringify({ sub: "ada", aud: AUDIENCE, iat: now, exp: now + 30 })).replaceAll("=", "")}.`;
  const forged = [
    undefined,
    "ada",
    none,
    await statement("ada", {}, Buffer.alloc(32, 8)),
    await statement("ada", { aud: "guildnet-app" }),
    await statement("ada", { iat: now - 120, exp: now - 60 }),
    await statement("ada", { exp: now + 86_400 }),
    await statement("../ada"),
    await new SignJWT({ sub: "ada", iat: now, exp: now + 30 }).setProtectedHeader({ alg: "HS256" }).sign(KEY),
  ];
  for (const header of forged) {
    const headers: Record<string, string> = header === undefined ? {} : { [IDENTITY_HEADER]: header };
    for (const path of ["/api/me", `${GUILD}/notes`]) {
      expect((await ask(undefined, "GET", path, undefined, headers)).status).toBe(401);
    }
  }
  expect((await ask(undefined, "POST", `${GUILD}/notes`, { path: "a.md" })).status).toBe(401);
  expect((await ask("ada", "GET", `${GUILD}/notes`)).body).toEqual([]);
});

test("a page of another origin can do nothing in one's name", async () => {
  const { ask, port } = await startNotes();
  const ways: Record<string, string>[] = [
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" },
  ];
  for (const headers of ways) {
    expect((await ask("ada", "POST", `${GUILD}/notes`, { path: "a.md" }, headers)).body).toMatchObject({
      code: "cross_origin",
    });
  }
  expect((await ask("ada", "GET", `${GUILD}/notes`, undefined, ways[0])).status).toBe(403);
  const own = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
  expect((await ask("ada", "POST", `${GUILD}/notes`, { path: "a.md" }, own)).status).toBe(201);
});

test("every answer keeps its page to itself", async () => {
  const { ask } = await startNotes();
  for (const path of ["/api/me", "/nothing", "/api/vaults/~other/notes"]) {
    const { headers } = await ask("ada", "GET", path);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("a room is for whoever may see its note, and follows what the API does", async () => {
  const server = await startNotes();
  const { ask } = server;
  await ask("ada", "POST", "/api/vaults/~ada/notes", { path: "diary.md", text: "mine\n" });
  await ask("ada", "POST", `${GUILD}/notes`, { path: "n.md", text: "one\ntwo\n" });
  const room = await roomOf(server, "ada", "guild", "n.md");
  const own = await roomOf(server, "ada", "~ada", "diary.md");
  expect(await enter(server, "grace", own)).toBe("not let in");
  expect(await enter(server, "grace", `../${own}`)).toBe("not let in");
  expect(await enter(server, "ada", own)).toBeInstanceOf(Y.Text);
  const [ada, grace] = [await entered(server, "ada", room), await entered(server, "grace", room)];
  ada.insert(0, "zero\n");
  await vi.waitFor(() => expect(grace.toJSON()).toBe("zero\none\ntwo\n"), 20_000);
  // What is being written is there for whoever reads, and what is written beside stays.
  expect((await ask("grace", "GET", `${GUILD}/notes/n.md`)).body).toMatchObject({ text: "zero\none\ntwo\n" });
  await ask("grace", "PUT", `${GUILD}/notes/n.md`, { text: "one\ntwo\nthree\n", base: "one\ntwo\n" });
  await vi.waitFor(() => expect(ada.toJSON()).toBe("zero\none\ntwo\nthree\n"), 20_000);
  await ask("grace", "DELETE", `${GUILD}/notes/n.md`);
  await vi.waitFor(async () => expect(await enter(server, "ada", room)).toBe("not let in"), 20_000);
  const authors = await git(join(server.folder, "guild/notes"), "log", "--format=%an %s");
  expect(authors.trim().split("\n").reverse()).toEqual([
    "ada Write n.md",
    "ada Edit n.md",
    "grace Edit n.md",
    "grace Remove n.md",
  ]);
});

test("what is written while the server is away is there once it is back, whoever comes first", async () => {
  const server = await startNotes();
  const { folder, port } = server;
  await server.ask("ada", "POST", "/api/vaults/~ada/notes", { path: "n.md", text: "one\n" });
  const room = await roomOf(server, "ada", "~ada", "n.md");
  const text = await entered(server, "ada", room);
  await server.stop();
  text.insert(0, "zero\n");
  // Nothing has asked for the vault by then but the page's own socket.
  await startNotes({ folder, port });
  const file = join(folder, "people/ada/notes/n.md");
  await vi.waitFor(async () => expect(await readFile(file, "utf8")).toBe("zero\none\n"), 20_000);
});

test("a socket needs the portal's word and a page of this origin", async () => {
  const server = await startNotes();
  const origin = `http://127.0.0.1:${server.port}`;
  expect(await socketStatus(server, { origin })).toBe(401);
  expect(
    await socketStatus(server, { origin, [IDENTITY_HEADER]: await statement("ada", {}, Buffer.alloc(32, 8)) }),
  ).toBe(401);
  const said = { [IDENTITY_HEADER]: await statement("ada") };
  expect(await socketStatus(server, said)).toBe(403);
  expect(await socketStatus(server, { ...said, origin: "https://ada.apps.example" })).toBe(403);
  expect(await socketStatus(server, { ...said, origin }, "/api/me")).toBe(404);
  expect(await socketStatus(server, { ...said, origin })).toBe(101);
});

test("no text of a note is in the log", async () => {
  const server = await startNotes();
  await server.ask("ada", "POST", "/api/vaults/~ada/notes", { path: "a.md", text: "the canary" });
  await server.ask("ada", "GET", "/api/vaults/~ada/search?q=canary");
  await server.ask("ada", "POST", "/api/vaults/~ada/notes", { path: "a.md", text: "the canary" });
  expect(server.log()).not.toContain("canary");
});

async function roomOf({ ask }: NotesServer, handle: string, vault: string, path: string): Promise<string> {
  const { body } = await ask(handle, "POST", `/api/vaults/${vault}/rooms`, { path });
  return z.object({ room: z.string() }).parse(body).room;
}

function socketStatus({ port }: NotesServer, headers: Record<string, string>, path = "/rooms"): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
    socket.once("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.once("error", reject);
  });
}

async function entered(server: NotesServer, handle: string, room: string): Promise<Y.Text> {
  const text = await enter(server, handle, room);
  if (typeof text === "string") throw new Error(text);
  return text;
}

async function enter({ port }: NotesServer, handle: string, room: string): Promise<Y.Text | "not let in"> {
  const headers = { origin: `http://127.0.0.1:${port}`, [IDENTITY_HEADER]: await statement(handle) };
  class Named extends WebSocket {
    constructor(url: string) {
      super(url, { headers });
    }
  }
  const socket = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}/rooms`, WebSocketPolyfill: Named });
  const document = new Y.Doc();
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: room, document, token: "-" });
  onTestFinished(() => {
    provider.destroy();
    socket.destroy();
  });
  return await new Promise((resolve) => {
    provider.on("synced", () => resolve(document.getText("text")));
    provider.on("authenticationFailed", () => resolve("not let in"));
    provider.attach();
  });
}
