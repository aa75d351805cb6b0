import { z } from "zod";
import type { Told } from "../../system.ts";

const text = z.string().min(1);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable's name");

const tools = z.array(text).optional().describe("The only tools of it that are offered. Default: all.");

const mcpServer = z.union([
  z.literal(false).describe("Leaves out a server that the guild has of itself."),
  z.strictObject({
    command: text.describe("The program that is started in the workspace. No default."),
    args: z.array(z.string()).optional().describe("What it is started with. Default: nothing."),
    env: z.record(variable, z.string()).optional().describe("Its variables. Not for secrets. Default: none."),
    tools,
  }),
  z.strictObject({
    url: z.url({ protocol: /^https?$/ }).describe("Where it is asked. No default."),
    tokenVariable: variable
      .optional()
      .describe("Variable of the workspace with the token that it is asked with. Default: none."),
    token: z
      .boolean()
      .default(false)
      .describe(
        "Whether it is asked with a token of the guild's: the entry of its name in the secret guildnet:mcpTokens, which every workspace is given as a variable.",
      ),
    tools,
  }),
]);

export const codexKeys = {
  codex: z
    .strictObject({
      model: text.optional().describe("What Codex asks unless its person says otherwise. Default: the first model."),
      mcpServers: z
        .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name, for instance "tickets"'), mcpServer)
        .default({})
        .describe(
          "Servers of tools (MCP) that Codex has in every workspace, by their names: a command or a url. Those that the guild has of itself, guild, events and notes, are there without being named, and are left out by false.",
        ),
      otherMcpServers: z.boolean().default(false).describe("Whether a person's Codex may have others than those."),
      tokenGeneration: z
        .int()
        .min(1)
        .max(900)
        .default(1)
        .describe(
          "Raising it gives every workspace another token for the portal's servers of tools, guild and events, and ends the old ones; workspaces start anew for it.",
        ),
    })
    .prefault({})
    .describe("Codex in workspaces, where there is a model."),
};

export type CodexKeys = Told<typeof codexKeys>;
export type OwnMcpServers = CodexKeys["codex"]["mcpServers"];
