import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { SharedVault } from "../editing/shared-vault.ts";
import { NotesError, toNotesError } from "./errors.ts";
import { noteText } from "./note-text.ts";
import { bearerToken, type Bearer, type Tokens } from "./tokens.ts";
import { GUILD, ownVault, type Vaults } from "./vaults.ts";

const vault = z
  .enum(["guild", "own"])
  .default("guild")
  .describe("The guild's vault, or that of the person whom this workspace belongs to.");
const path = z.string().describe("Path of the note in its vault, such as plans/Garden.md.");

/** Notes for agents, over the Model Context Protocol: each workspace by its own token, with the rights of its owner. */
export function registerMcp(app: FastifyInstance, vaults: Vaults, tokens: Tokens): void {
  app.post("/mcp", async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const token = bearerToken(request.headers.authorization);
    const bearer = token === undefined ? undefined : await tokens.bearerOf(token);
    if (bearer === undefined) {
      void reply.header("www-authenticate", "Bearer");
      throw new NotesError(401, "unauthorized", "This needs the token of a workspace: Authorization: Bearer ….");
    }
    // A server for each question: nothing of one workspace's is left for the next.
    const server = mcpServer(vaults, bearer);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    reply.hijack();
    reply.raw.once("close", () => void Promise.all([transport.close(), server.close()]));
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(request.raw, reply.raw, request.body);
  });
}

function mcpServer(vaults: Vaults, { owner, workspace }: Bearer): McpServer {
  const author = { name: `${owner} (${workspace})`, email: `${owner}@guildnet.local` };
  const open = async (name: "guild" | "own"): Promise<SharedVault> => {
    const found = await vaults.for(owner, name === "guild" ? GUILD : ownVault(owner));
    if (found === undefined) throw new NotesError(404, "missing", "There is no such vault.");
    return found;
  };
  const server = new McpServer({ name: "guildnet-notes", version: "1.0.0" });

  server.registerTool(
    "search_notes",
    {
      description: 'Finds notes by words, "phrases" and #tags, best first. Without words, the newest.',
      inputSchema: { query: z.string().max(1_000), vault, most: z.number().int().min(1).max(50).default(10) },
      annotations: { readOnlyHint: true },
    },
    (asked) =>
      told(async () => {
        const hits = (await open(asked.vault)).vault.search(asked.query, asked.most);
        return hits.map(({ path: at, title, tags, snippet }) => ({
          ...{ path: at, title, tags },
          snippet: snippet.map((part) => part.text).join(""),
        }));
      }),
  );
  server.registerTool(
    "read_note",
    {
      description: "The whole text of a note, in Markdown.",
      inputSchema: { path, vault },
      annotations: { readOnlyHint: true },
    },
    (asked) =>
      told(async () => {
        const shared = await open(asked.vault);
        return await shared.read(shared.vault.pathOf(asked.path));
      }),
  );
  server.registerTool(
    "write_note",
    {
      description:
        "Makes a note, or its text another. Give as base the text that was read: then what others wrote meanwhile stays. [[links]] and #tags are understood.",
      inputSchema: { path, vault, text: noteText, base: noteText.optional() },
      annotations: { destructiveHint: true },
    },
    (asked) =>
      told(async () => {
        const shared = await open(asked.vault);
        const at = shared.vault.pathOf(asked.path);
        const isThere = shared.vault.find(at) !== undefined;
        await (isThere ? shared.write(at, asked.text, author, asked.base) : shared.create(at, asked.text, author));
        return `${isThere ? "Changed" : "Made"} ${at}.`;
      }),
  );
  server.registerTool(
    "backlinks",
    {
      description: "Which notes link to one, and the lines in which they do.",
      inputSchema: { path, vault },
      annotations: { readOnlyHint: true },
    },
    (asked) =>
      told(async () => {
        const { vault: found } = await open(asked.vault);
        return await found.backlinks(found.pathOf(asked.path));
      }),
  );
  return server;
}

/** An agent can act on words; it is told no more than a person. */
async function told(work: () => Promise<unknown>): Promise<CallToolResult> {
  try {
    const result = await work();
    return { content: [{ type: "text", text: typeof result === "string" ? result : JSON.stringify(result, null, 1) }] };
  } catch (thrown) {
    return { isError: true, content: [{ type: "text", text: toNotesError(thrown).message }] };
  }
}
