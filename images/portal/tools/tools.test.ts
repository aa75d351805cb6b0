import { request } from "node:https";
import { text } from "node:stream/consumers";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Agent, fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemorySystems } from "../guild/systems.ts";
import { MemoryMembers } from "../identity/members.ts";
import { workspaceToken } from "../identity/workspace-tokens.ts";
import { startHarness, type Harness } from "../testing/harness.ts";
import { credentialsOf, InventedWorkspaceEvents } from "../testing/workspace-events.ts";

const docs = [
  { page: "README.md", title: "Docs", text: "# Docs\n\nAll pages." },
  {
    page: "systems/models.md",
    title: "Models",
    text: `# Models\n\n## Codex\n\nAn otter asks.\n${"more ".repeat(5000)}`,
  },
];

let guild: Harness;
let bus: InventedWorkspaceEvents;
const members = new MemoryMembers(["ada", "bob", "root", "eve"]);
const systems = new MemorySystems();
let agent: Agent;

beforeAll(async () => {
  bus = new InventedWorkspaceEvents({ ada: ["guild", "@ada"], bob: ["guild", "@bob"] });
  guild = await startHarness(
    { GUILDNET_TOOLS_LISTEN: "127.0.0.1:0", GUILDNET_ADMINS: "root" },
    { members, systems, docs, workspaceEvents: bus },
  );
  agent = new Agent({ connect: { ca: guild.certificate.certificate, servername: "guild.test" } });
});
afterAll(async () => {
  await agent.destroy();
  await guild.close();
});

beforeEach(() => {
  members.replace(["ada", "bob", "root", "eve"]);
  systems.states = [{ what: "registry", where: "guildnet-registry/registry", state: "1/1 ready", healthy: true }];
  for (const { id } of guild.workspaces.list()) guild.workspaces.remove(id);
  guild.workspaces.put({ id: "ada", owner: "ada", state: "running" });
  guild.workspaces.put({ id: "bob", owner: "bob", state: "failed", reason: "ImagePullBackOff" });
  guild.workspaces.put({ id: "root", owner: "root", state: "stopped" });
  guild.workspaces.put({ id: "wiki", owner: "eve", state: "running", visibility: "members" });
  guild.workspaces.put({ id: "diary", owner: "eve", state: "running", visibility: "private" });
});

const tokenOf = (id: string, owner = id): string => workspaceToken(guild.workspacesKey, { id, owner });
const base = (): string => `https://127.0.0.1:${guild.portal.toolsAddress?.port}`;

interface Who {
  token?: string;
  credentials?: string;
}

/** An agent's client, as it asks for itself. */
async function client(server: "guild" | "events", workspace: string, who: Who = {}): Promise<Client> {
  const { token = tokenOf(workspace), credentials = credentialsOf(workspace) } = who;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(credentials !== "" && { "x-guildnet-events": Buffer.from(credentials).toString("base64") }),
  };
  const made = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${base()}/${server}`), {
    requestInit: { headers },
    fetch: ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher: agent })) as never,
  });
  await made.connect(transport as Parameters<Client["connect"]>[0]);
  return made;
}

interface Reply {
  failed: boolean;
  text: string;
  json: Record<string, unknown>;
}

async function use(server: "guild" | "events", workspace: string, tool: string, args: object = {}, who: Who = {}) {
  const asking = await client(server, workspace, who);
  try {
    const result = await asking.callTool({ name: tool, arguments: args as Record<string, unknown> });
    const [{ text: words = "" } = {}] = result.content as { text?: string }[];
    const reply: Reply = {
      failed: result.isError === true,
      text: words,
      json: result.isError === true ? {} : (JSON.parse(words) as Record<string, unknown>),
    };
    return reply;
  } finally {
    await asking.close();
  }
}

/** Asks with whatever is given, where a client would not. */
async function raw(
  path: string,
  { method = "POST", headers = {}, body = "" }: { method?: string; headers?: object; body?: string },
) {
  const sent = request(`${base()}${path}`, {
    method,
    ca: guild.certificate.certificate,
    servername: "guild.test",
    agent: false,
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
  });
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    sent.once("error", reject).once("response", (response) => {
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: said }), reject);
    });
  });
  sent.end(body);
  return answered;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const call = (name: string, args: object = {}) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } });

describe("a guild's tools", () => {
  test("are told of with what they take, in few words", async () => {
    const listed = async (server: "guild" | "events") => {
      const asking = await client(server, "ada");
      const { tools } = await asking.listTools();
      await asking.close();
      return tools;
    };
    const all = { guild: await listed("guild"), events: await listed("events") };
    expect(all.guild.map(({ name }) => name)).toEqual(["guild", "workspaces", "systems", "docs_search", "docs_read"]);
    expect(all.events.map(({ name }) => name)).toEqual(["events_recent", "events_wait", "events_say"]);
    const changing = [...all.guild, ...all.events].filter(({ annotations }) => annotations?.readOnlyHint !== true);
    expect(changing.map(({ name }) => name)).toEqual(["events_say"]);
    expect(JSON.stringify(all).length).toBeLessThan(6000);
  });

  test("say who and where to a person as much as the portal's pages do", async () => {
    expect((await use("guild", "ada", "guild")).json).toEqual({
      guild: "GuildNet",
      person: { handle: "ada", admin: false },
      workspace: { name: "ada", url: "https://ada.apps.guild.test:8090" },
      portal: "https://guild.test:8090",
      admins: ["root"],
      // Of eve her app tells, of bob nothing.
      people: ["ada", "eve", "root"],
    });
    expect((await use("guild", "root", "guild")).json).toMatchObject({
      person: { handle: "root", admin: true },
      people: ["ada", "bob", "eve", "root"],
    });
  });

  test("list what the person's own page lists, and to the letter", async () => {
    const names = ({ json }: Reply) => (json["workspaces"] as { name: string }[]).map(({ name }) => name);
    for (const person of ["ada", "bob", "root"]) {
      const reply = await use("guild", person, "workspaces");
      const page = (await guild.ask("/api/workspaces", { headers: { cookie: await guild.signedIn(person) } })).json();
      expect(names(reply)).toEqual((page["workspaces"] as { id: string }[]).map(({ id }) => id));
    }
    expect(names(await use("guild", "ada", "workspaces"))).toEqual(["ada", "wiki"]);
    expect((await use("guild", "bob", "workspaces")).json["workspaces"]).toContainEqual(
      expect.objectContaining({ name: "bob", kind: "workspace", state: "failed", reason: "ImagePullBackOff" }),
    );
  });

  test("tell of systems to admins alone, as their page does", async () => {
    expect(await use("guild", "ada", "systems")).toMatchObject({
      failed: true,
      text: expect.stringMatching(/Only the guild's admins/),
    });
    expect((await use("guild", "root", "systems")).json).toEqual({ systems: systems.states });
  });

  test("say no more of what goes wrong than that it does", async () => {
    vi.spyOn(systems, "look").mockRejectedValueOnce(new Error("10.0.0.1 refused: Bearer secret"));
    const reply = await use("guild", "root", "systems");
    expect(reply).toMatchObject({ failed: true, text: "The cluster does not say which systems there are." });
    vi.spyOn(guild.portal.services.members, "list").mockImplementationOnce(() => {
      throw new Error("secret-inside");
    });
    expect(await use("guild", "root", "guild")).toMatchObject({
      failed: true,
      text: expect.stringMatching(/the portal's log has more/),
    });
  });

  test("find and read pages of the handbook, a long one in pieces", async () => {
    expect((await use("guild", "ada", "docs_search", { words: "otters" })).json).toMatchObject({
      found: [{ page: "systems/models.md", part: "Codex", text: expect.stringMatching(/^An otter asks/) }],
    });
    expect((await use("guild", "ada", "docs_search", { words: "o" })).json).toMatchObject({ found: [] });
    expect((await use("guild", "ada", "docs_search", { words: "zebra" })).json).toEqual({
      found: [],
      pages: ["README.md", "systems/models.md"],
    });
    const first = (await use("guild", "ada", "docs_read", { page: "systems/models.md" })).json;
    expect(first).toMatchObject({ title: "Models", goesOnAt: 16_000 });
    const rest = (await use("guild", "ada", "docs_read", { page: "systems/models.md", from: 16_000 })).json;
    expect(`${first["text"]}${rest["text"]}`).toBe(docs[1]?.text);
    expect(rest).not.toHaveProperty("goesOnAt");
  });

  test.each([
    "../README.md",
    "/etc/passwd",
    "systems/../README.md",
    "systems/models.md\0",
    "%2e%2e/README.md",
    "constructor",
    "__proto__",
    "file:///etc/guildnet/keys/session",
  ])("read no page that is none (%s)", async (page) => {
    expect(await use("guild", "ada", "docs_read", { page })).toMatchObject({
      failed: true,
      text: expect.stringMatching(/no such page/),
    });
  });
});

describe("the events", () => {
  test("are read as the workspace may, and waited for without missing one", async () => {
    bus.say("to all", "guild");
    bus.say("to ada", "@ada");
    bus.say("to bob", "@bob", "bob");
    const texts = ({ json }: Reply) => (json["events"] as { data: { text: string } }[]).map(({ data }) => data.text);
    const recent = await use("events", "ada", "events_recent");
    expect(texts(recent)).toEqual(["to all", "to ada"]);
    expect(texts(await use("events", "ada", "events_recent", { source: "ws-bob" }))).toEqual([]);
    bus.say("meanwhile", "@ada");
    const { cursor } = recent.json;
    const missed = await use("events", "ada", "events_wait", { cursor });
    expect(texts(missed)).toEqual(["meanwhile"]);
    const waiting = use("events", "ada", "events_wait", { cursor: missed.json["cursor"], type: "agent" });
    await vi.waitFor(() => expect(bus.open).toBe(1));
    bus.say("not hers", "@bob", "bob");
    bus.say("now", "guild", "bob");
    expect(texts(await waiting)).toEqual(["now"]);
    expect((await use("events", "ada", "events_wait", { seconds: 1 })).json).toMatchObject({ events: [] });
    expect(bus.open).toBe(0);
  });

  test("of a bus that began anew are all new", async () => {
    bus.say("after a restore", "guild");
    const { json } = await use("events", "ada", "events_wait", { cursor: "guild=900000", seconds: 1 });
    expect(json["events"]).toMatchObject([{ for: "guild" }]);
    expect(json["cursor"]).toMatch(/^guild=1,/);
  });

  test("are said by the workspace, to the guild or to its person", async () => {
    expect((await use("events", "ada", "events_say", { what: "finished", text: "Done" })).json).toEqual({
      said: "agent.finished",
      to: "@ada",
    });
    await use("events", "bob", "events_say", { what: "said", text: "Hello", to: "guild" });
    const { json } = await use("events", "ada", "events_recent", { newest: 2 });
    expect(json["events"]).toMatchObject([
      { type: "agent.finished", source: "ws-ada", for: "@ada" },
      { type: "agent.said", source: "ws-bob", for: "guild" },
    ]);
  });

  test("are nobody's without credentials of their own, and why they are refused is told in no more words", async () => {
    expect(await use("events", "ada", "events_recent", {}, { credentials: "" })).toMatchObject({
      failed: true,
      text: expect.stringMatching(/brought no credentials/),
    });
    const unknown = await use("events", "ada", "events_recent", {}, { credentials: credentialsOf("nobody") });
    expect(unknown).toMatchObject({
      failed: true,
      text: expect.stringMatching(/is away, or doesn't know these credentials/),
    });
    expect(unknown.text).not.toContain("seed");
    // With what is bob's, ada is who bob is there: who else's she reads the bus refuses.
    expect(await use("events", "ada", "events_recent", {}, { credentials: credentialsOf("bob") })).toMatchObject({
      failed: true,
      text: expect.stringMatching(/this workspace may not/),
    });
  });

  test("of a cursor that is none are refused, and who goes away waits no longer", async () => {
    for (const cursor of ["x", "guild=1,../..=2", "guild=99999999999999999999"])
      expect(await use("events", "ada", "events_wait", { cursor })).toMatchObject({
        failed: true,
        text: expect.stringMatching(/no cursor/),
      });
    const asking = await client("events", "ada");
    const waiting = asking.callTool({ name: "events_wait", arguments: { seconds: 300 } });
    waiting.catch(() => undefined);
    await vi.waitFor(() => expect(bus.open).toBe(1));
    await asking.close();
    await expect(waiting).rejects.toThrow();
    await vi.waitFor(() => expect(bus.open).toBe(0));
  });
});

describe("nobody", () => {
  test.each<[string, () => string]>([
    ["a guess", () => "ada.guess"],
    ["another's", () => tokenOf("bob").replace("bob.", "ada.")],
    ["one of a former owner's", () => tokenOf("ada", "eve")],
    ["an app's", () => tokenOf("wiki", "eve")],
    ["of a workspace that is none", () => tokenOf("nothing")],
    ["a name alone", () => "ada."],
    ["no name", () => `.${tokenOf("ada").split(".")[1]}`],
    ["half of it", () => tokenOf("ada").slice(0, -1)],
  ])("asks by a token that is %s", async (_, token) => {
    const reply = await raw("/guild", { headers: bearer(token()), body: call("guild") });
    expect(reply.status).toBe(401);
    expect(reply.body).not.toContain(token());
  });

  test("asks without a token, or as who has left the guild, or whose workspace is gone", async () => {
    expect((await raw("/guild", { body: call("guild") })).status).toBe(401);
    expect((await raw("/nothing", { body: call("guild") })).status).toBe(401);
    const asks = async () => (await raw("/guild", { headers: bearer(tokenOf("ada")), body: call("guild") })).status;
    expect(await asks()).toBe(200);
    members.replace(["bob", "root"]);
    expect(await asks()).toBe(401);
    members.replace(["ada"]);
    guild.workspaces.remove("ada");
    expect(await asks()).toBe(401);
  });

  test.each<[string, Parameters<typeof raw>[1], number]>([
    ["too large", { body: call("guild", { words: "x".repeat(70_000) }) }, 413],
    ["no JSON", { body: "{" }, 400],
    ["many in one", { body: `[${call("guild")},${call("guild")}]` }, 400],
    ["of another type", { headers: { "content-type": "text/plain" }, body: call("guild") }, 415],
    ["a page's", { headers: { origin: "https://guild.test:8090" }, body: call("guild") }, 403],
    ["for a stream", { method: "GET" }, 405],
    ["for what is not there", { method: "PUT", body: "{}" }, 404],
    ["with credentials that are none", { headers: { "x-guildnet-events": "%%%" }, body: call("guild") }, 400],
  ])("asks a question that is %s", async (_, asked, status) => {
    const headers = { ...bearer(tokenOf("ada")), ...asked.headers };
    expect((await raw("/guild", { ...asked, headers })).status).toBe(status);
  });

  test("asks for more than a schema says", async () => {
    for (const args of [{ words: "x", as: "root" }, { words: 7 }, { words: "" }, { words: "x".repeat(201) }])
      expect(await use("guild", "ada", "docs_search", args)).toMatchObject({ failed: true });
    for (const args of [
      { what: "started", text: "x", to: "admins" },
      { what: "stack.applied", text: "x" },
    ])
      expect(await use("events", "ada", "events_say", args)).toMatchObject({ failed: true });
  });

  test("has more under way at once than eight", async () => {
    const headers = {
      ...bearer(tokenOf("ada")),
      "x-guildnet-events": Buffer.from(credentialsOf("ada")).toString("base64"),
    };
    const waits = Array.from({ length: 8 }, () =>
      raw("/events", { headers, body: call("events_wait", { seconds: 300, type: "note" }) }),
    );
    await vi.waitFor(() => expect(bus.open).toBe(8));
    expect((await raw("/events", { headers, body: call("events_recent") })).status).toBe(429);
    expect((await use("guild", "bob", "guild")).failed).toBe(false);
    bus.say("{}", "guild", "bob", "note.changed");
    expect((await Promise.all(waits)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  test("leaves a token or credentials in the log", () => {
    const log = guild.logLines.join("");
    for (const secret of [
      tokenOf("ada").split(".")[1] ?? "",
      "BEGIN NATS",
      Buffer.from(credentialsOf("ada")).toString("base64"),
    ])
      expect(log).not.toContain(secret);
  });
});
