import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, onTestFinished, test } from "vitest";
import { git } from "../testing/remote.ts";
import { startNotes, type NotesServer } from "../testing/notes-server.ts";

async function agent({ port }: NotesServer, token: string): Promise<(tool: string, args: object) => Promise<string>> {
  const client = new Client({ name: "agent", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), { requestInit });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
    "search_notes",
    "read_note",
    "write_note",
    "backlinks",
  ]);
  return async (tool, args) => {
    const { content, isError } = await client.callTool({ name: tool, arguments: { ...args } });
    const text = (content as { text: string }[]).map((part) => part.text).join("");
    return isError === true ? `refused: ${text}` : text;
  };
}

test("an agent finds a note and changes it, as its workspace's owner", async () => {
  const server = await startNotes();
  await server.setTokens({ "ada-token": { workspace: "ada-lab", owner: "ada" } });
  await server.ask("grace", "POST", "/api/vaults/guild/notes", {
    path: "plans/Garden.md",
    text: "# Garden\n\nwater the tomatoes\n",
  });
  const ask = await agent(server, "ada-token");
  expect(JSON.parse(await ask("search_notes", { query: "tomato" }))).toMatchObject([
    { path: "plans/Garden.md", title: "Garden" },
  ]);
  const base = await ask("read_note", { path: "plans/Garden.md" });
  await server.ask("grace", "PUT", "/api/vaults/guild/notes/plans/Garden.md", { text: `${base}by grace\n` });
  expect(
    await ask("write_note", { path: "plans/Garden.md", text: base.replace("# Garden", "# The garden"), base }),
  ).toBe("Changed plans/Garden.md.");
  expect(await ask("read_note", { path: "plans/Garden.md" })).toBe("# The garden\n\nwater the tomatoes\nby grace\n");
  expect(await ask("write_note", { path: "New.md", text: "see [[Garden]]" })).toBe("Made New.md.");
  expect(JSON.parse(await ask("backlinks", { path: "plans/Garden.md" }))).toMatchObject([
    { path: "New.md", lines: ["see [[Garden]]"] },
  ]);
  expect(await git(join(server.folder, "guild/notes"), "log", "-1", "--format=%an <%ae>")).toBe(
    "ada (ada-lab) <ada@guildnet.local>\n",
  );
});

test("it is refused what its owner is, in words", async () => {
  const server = await startNotes();
  await server.setTokens({ one: { workspace: "ada", owner: "ada" }, two: { workspace: "grace", owner: "grace" } });
  await server.ask("grace", "POST", "/api/vaults/~grace/notes", { path: "diary.md", text: "private" });
  const [ada, grace] = [await agent(server, "one"), await agent(server, "two")];
  expect(await grace("read_note", { path: "diary.md", vault: "own" })).toBe("private");
  expect(await ada("read_note", { path: "diary.md", vault: "own" })).toBe('refused: There is no note "diary.md".');
  expect(await ada("search_notes", { query: "private", vault: "own" })).toBe("[]");
  expect(await ada("read_note", { path: "../../people/grace/notes/diary.md" })).toMatch(
    /^refused: A note can't be called/,
  );
  expect(await ada("read_note", { path: "diary.md", vault: "~grace" })).toMatch(/^refused: /);
  expect(await ada("write_note", { path: "large.md", text: "x".repeat(2 * 1024 * 1024 + 1) })).toMatch(
    /^refused: .*a note has 2 MiB at most/s,
  );
});

test("a token that was rotated is none any more, and no other way in is one", async () => {
  const server = await startNotes();
  const call = (headers: Record<string, string>): Promise<number> =>
    server
      .ask(
        undefined,
        "POST",
        "/mcp",
        { jsonrpc: "2.0", id: 1, method: "tools/list" },
        { accept: "application/json, text/event-stream", ...headers },
      )
      .then(({ status }) => status);
  await server.setTokens({ old: { workspace: "ada", owner: "ada" } });
  expect(await call({ authorization: "Bearer old" })).toBe(200);
  await server.setTokens({
    "another one": { workspace: "ada", owner: "ada" },
    next: { workspace: "ada", owner: "ada" },
  });
  expect(await call({ authorization: "Bearer next" })).toBe(200);
  for (const authorization of ["Bearer old", "Bearer ", "Basic b2xkOg==", "next"])
    expect(await call({ authorization })).toBe(401);
  expect(await call({})).toBe(401);
  expect(await call({ authorization: "Bearer next", origin: "https://evil.example" })).toBe(403);
  expect(server.log()).not.toContain("next");
});
