import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { mcpTokenVariable } from "../../../components/index.ts";
import type { McpServer } from "../../../components/index.ts";
import type { Broken } from "../../check/broken.ts";
import type { Path } from "../../check/mistakes.ts";
import type { McpServers } from "../../system.ts";
import type { OwnMcpServers } from "./codex-schema.ts";

/** All that Codex has: the guild's own but for those that are left out, and the config's. */
export function allowedServers(guilds: McpServers, own: OwnMcpServers): Record<string, McpServer> {
  const all: [string, McpServer | false][] = [
    ...Object.entries(guilds),
    ...Object.entries(own).map(([name, server]): [string, McpServer | false] => [name, asked(name, server)]),
  ];
  return Object.fromEntries([...new Map(all)].filter((entry): entry is [string, McpServer] => entry[1] !== false));
}

function asked(name: string, server: OwnMcpServers[string]): McpServer | false {
  if (server === false || !("url" in server)) return server;
  const { token, ...rest } = server;
  return token ? { ...rest, tokenVariable: mcpTokenVariable(name) } : rest;
}

/** Names of the servers that are asked with a token of the guild's. */
function withToken(own: OwnMcpServers): string[] {
  return Object.entries(own).flatMap(([name, server]) =>
    server !== false && "url" in server && server.token ? [name] : [],
  );
}

/**
 * Their tokens, by the servers' names.
 * @param secret guildnet:mcpTokens
 */
export function mcpTokens(
  own: OwnMcpServers,
  secret: pulumi.Output<string> | undefined,
): Record<string, pulumi.Output<string>> {
  const all = secret ?? pulumi.secret("");
  return Object.fromEntries(withToken(own).map((name) => [name, all.apply((text) => tokenIn(text, name))]));
}

/**
 * The token of one server, which is known in a preview.
 * @param text of guildnet:mcpTokens, an object as JSON
 * @throws Error that names the key whose token is missing
 */
export function tokenIn(text: string, name: string): string {
  const token = tokensIn(text)[name];
  if (token !== undefined) return token;
  throw new Error(
    `codex.mcpServers.${name}.token is true, and the secret guildnet:mcpTokens has no entry ${JSON.stringify(name)}. Add it: ${setToken(name)}`,
  );
}

/** What there is of it; what is no object of texts has none, and says nothing of what it is. */
function tokensIn(text: string): Record<string, string> {
  try {
    return z.record(z.string(), z.string().min(1)).catch({}).parse(JSON.parse(text));
  } catch {
    return {};
  }
}

const setToken = (name: string): string => `pulumi config set --secret --path guildnet:mcpTokens.${name}`;

/** What of tokens can't be. @param given whether there is the secret */
export function tokenMistakes(own: OwnMcpServers, given: boolean): Broken[] {
  const names = withToken(own);
  const at = (name: string, key: string): Path => ["codex", "mcpServers", name, key];
  const [first] = names;
  if (first === undefined)
    return given
      ? [
          {
            paths: [["codex", "mcpServers"]],
            allowed: "a server with token: true, as there is a secret guildnet:mcpTokens",
            fix: "say which it is for, or run: pulumi config rm guildnet:mcpTokens",
          },
        ]
      : [];
  return [
    ...(given
      ? []
      : [
          {
            paths: [at(first, "token")],
            allowed: "the secret guildnet:mcpTokens, where it is true",
            fix: `add it: ${setToken(first)}`,
          },
        ]),
    ...names.flatMap((name, index): Broken[] => {
      const server = own[name];
      const twin = names.slice(0, index).find((other) => mcpTokenVariable(other) === mcpTokenVariable(name));
      return [
        ...(server !== undefined && server !== false && "url" in server && server.tokenVariable !== undefined
          ? [
              {
                paths: [at(name, "tokenVariable"), at(name, "token")],
                allowed: "one of the two: a token is a variable of the workspace, or the guild's",
                fix: "remove one of them",
              },
            ]
          : []),
        ...(twin === undefined
          ? []
          : [
              {
                paths: [at(name, "token"), at(twin, "token")],
                allowed: "names that differ in more than - and _, as their tokens' variables are called after them",
                fix: "change one of the names",
              },
            ]),
      ];
    }),
  ];
}
