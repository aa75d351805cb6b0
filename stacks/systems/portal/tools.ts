import {
  EVENTS_CREDENTIALS_VARIABLE,
  TOOLS_TOKEN_VARIABLE,
  toolsAttachment,
  toolsHost,
} from "../../../components/index.ts";
import type { Portal } from "../../../components/index.ts";
import type { EventsKeys } from "../events/schema.ts";
import type { CodexKeys } from "../model-gateway/codex-schema.ts";
import type { ModelGatewayKeys } from "../model-gateway/schema.ts";
import type { ModelsKeys } from "../models/schema.ts";
import type { Layer, McpServers } from "../../system.ts";

type Reads = CodexKeys & EventsKeys & ModelGatewayKeys & ModelsKeys;

/** An agent waits for the next event for five minutes at most, and asks again. */
const TOOL_SECONDS = 330;

/** The servers of tools that the portal has, by their names: none where there is no model, and so no agent. */
export function portalTools({ codex, events, modelGateway, models }: Reads): McpServers {
  if (models === undefined && modelGateway.servers.length === 0) return {};
  const url = `https://${toolsHost}`,
    tokenVariable = TOOLS_TOKEN_VARIABLE;
  const all: McpServers = {
    guild: { url: `${url}/guild`, tokenVariable },
    ...(events !== undefined && {
      events: {
        url: `${url}/events`,
        tokenVariable,
        headerVariables: { "x-guildnet-events": EVENTS_CREDENTIALS_VARIABLE },
        toolSeconds: TOOL_SECONDS,
      },
    }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => codex.mcpServers[name] !== false));
}

/** What workspaces get of them. */
export function attachedTools(
  { toolsKey }: Portal,
  mcpServers: McpServers,
  { codex: { tokenGeneration } }: CodexKeys,
): Pick<Layer<object, object>, "attachments" | "mcpServers"> {
  return toolsKey === undefined
    ? {}
    : { mcpServers, attachments: [toolsAttachment({ key: toolsKey, tokenGeneration })] };
}
