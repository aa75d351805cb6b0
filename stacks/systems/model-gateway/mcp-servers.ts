import type { McpServer } from "../../../components/index.ts";
import type { McpServers } from "../../system.ts";
import type { OwnMcpServers } from "./codex-schema.ts";

/** All that Codex has: the guild's own but for those that are left out, and the config's. */
export function allowedServers(guilds: McpServers, own: OwnMcpServers): Record<string, McpServer> {
  const all: [string, McpServer | false][] = [...Object.entries(guilds), ...Object.entries(own)];
  return Object.fromEntries([...new Map(all)].filter((entry): entry is [string, McpServer] => entry[1] !== false));
}
