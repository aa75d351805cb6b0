import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { FastifyBaseLogger } from "fastify";
import { z } from "zod";
import { ToolError } from "./asking.ts";

/** A model has room for little. */
const MOST_CHARACTERS = 24_000;

export interface Tool<Input extends z.ZodRawShape> {
  /** For a model, so in few words. */
  readonly description: string;
  /** @default nothing */
  readonly input?: Input;
  /** Whether something is another afterwards. @default false */
  readonly changes?: boolean;
  /** @throws {ToolError} where it can't be done */
  answer(input: z.output<z.ZodObject<Input>>): object | Promise<object>;
}

/** A server of tools (MCP): each takes what its schema says and nothing else, and answers with JSON, which models read as well as people. */
export class Toolbox {
  readonly server: McpServer;
  readonly #log: FastifyBaseLogger;

  constructor(name: string, log: FastifyBaseLogger) {
    this.server = new McpServer({ name, version: "1.0.0" });
    this.#log = log;
  }

  add<Input extends z.ZodRawShape>(name: string, { description, input, changes = false, answer }: Tool<Input>): void {
    const inputSchema = z.strictObject(input ?? {});
    const annotations = { readOnlyHint: !changes, destructiveHint: false, openWorldHint: false };
    this.server.registerTool(name, { description, inputSchema, annotations }, async (given) => {
      try {
        return told(await answer(given as z.output<z.ZodObject<Input>>));
      } catch (error) {
        return this.#refused(name, error);
      }
    });
  }

  /** So that a model may try otherwise. */
  #refused(tool: string, error: unknown): CallToolResult {
    const known = error instanceof ToolError;
    if (!known || error.cause !== undefined) this.#log.warn({ err: error, tool }, "a tool could not do its work");
    const text = known ? error.message : "Something is wrong with this tool; the portal's log has more.";
    return { isError: true, content: [{ type: "text", text }] };
  }
}

function told(answer: object): CallToolResult {
  const text = JSON.stringify(answer);
  return { content: [{ type: "text", text: text.length <= MOST_CHARACTERS ? text : shortened(text) }] };
}

function shortened(text: string): string {
  return `${text.slice(0, MOST_CHARACTERS)}\n… (${text.length - MOST_CHARACTERS} characters more: ask for less at once)`;
}
