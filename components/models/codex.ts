import { stringify } from "smol-toml";
import type { ServedModel } from "./model-server.ts";

/** Where Codex looks for what holds for everybody on a machine. */
export const CODEX_FOLDER = "/etc/codex";

/** Has the workspace's token for the gateway. */
export const TOKEN_VARIABLE = "GUILDNET_MODELS_TOKEN";

/** Has the guild's token for a server of tools of that name. */
export function mcpTokenVariable(name: string): string {
  return `GUILDNET_MCP_TOKEN_${name.replaceAll("-", "_")}`;
}

/** A server of tools (MCP) that Codex may use: a program, or an address that is asked over HTTP. */
export type McpServer = (
  | { readonly command: string; readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> }
  | {
      readonly url: string;
      /** Name of the variable with the token to ask with. */
      readonly tokenVariable?: string;
      /** Further headers, each from a variable, by the headers' names. */
      readonly headerVariables?: Readonly<Record<string, string>>;
    }
) & {
  /** The only tools of it that are offered. @default all of them */
  readonly tools?: readonly string[];
  /** Seconds that one of its tools may take. @default Codex's own, a minute */
  readonly toolSeconds?: number;
};

export interface CodexSettings {
  /** The gateway's, with `/v1`. */
  readonly url: string;
  /** The first is what Codex asks unless its person says otherwise. */
  readonly models: readonly ServedModel[];
  /** Whether these are OpenAI's own, of which Codex knows more than is said here. */
  readonly known: boolean;
  /** By their names. */
  readonly mcpServers: Readonly<Record<string, McpServer>>;
  /** Whether a person may have others. */
  readonly otherMcpServers: boolean;
}

/** Up to so many tokens, Codex's own words and all its tools would leave a model little room to think. */
const SMALL = 32_768;

/** Which comments TOML written by a library hasn't. */
const WHY = `# Rendered from the guild's config; a person's own ~/.codex/config.toml stands before it.
# The pod is the sandbox: no privileges, nothing to write but its own volumes, no way out but those of its network
# policies. In here the agent can't make another (that takes a user namespace), and would run no command at all.
`;

/**
 * The files below /etc/codex, by their names: checked against Codex 0.169.0, whose `--strict-config` refuses what it doesn't know.
 * https://developers.openai.com/codex/config-reference
 */
export function codexFiles(settings: CodexSettings): Record<string, string> {
  return {
    "config.toml": WHY + stringify(codexConfig(settings)),
    ...(!settings.known && { "models.json": JSON.stringify(codexCatalogue(settings.models), null, 2) }),
    ...(!settings.otherMcpServers && { "requirements.toml": stringify(codexRequirements(settings.mcpServers)) }),
  };
}

/** What holds unless a person says otherwise. */
export function codexConfig({ url, models, known, mcpServers }: CodexSettings) {
  const [model] = models;
  if (model === undefined) throw new Error("Codex needs a model");
  return {
    check_for_update_on_startup: false,
    sandbox_mode: "danger-full-access",
    model: model.name,
    model_provider: "guildnet",
    ...(!known && { model_catalog_json: `${CODEX_FOLDER}/models.json`, web_search: "disabled" }),
    ...(!known && model.contextWindow <= SMALL && fewWords),
    analytics: { enabled: false },
    feedback: { enabled: false },
    model_providers: {
      guildnet: {
        name: "the guild's models",
        base_url: url,
        env_key: TOKEN_VARIABLE,
        env_key_instructions: "A workspace has it from its start.",
        wire_api: "responses",
        request_max_retries: 2,
        stream_max_retries: 2,
        // A model on a processor reads a large question for minutes before it says a word; the gateway waits as long.
        stream_idle_timeout_ms: 15 * 60_000,
      },
    },
    mcp_servers: Object.fromEntries(Object.entries(mcpServers).map(([name, server]) => [name, mcpServer(server)])),
  };
}

/** Leaves out what takes thousands of tokens to explain to a model: of 21 kB that Codex says at first, 4 are left. */
const fewWords = {
  include_apps_instructions: false,
  include_collaboration_mode_instructions: false,
  include_permissions_instructions: false,
  features: {
    apps: false,
    goals: false,
    image_generation: false,
    multi_agent: false,
    plugins: false,
    view_image: false,
  },
  skills: { include_instructions: false, bundled: { enabled: false } },
  tools: { experimental_request_user_input: { enabled: false } },
};

function mcpServer(server: McpServer) {
  const more = {
    ...(server.tools && { enabled_tools: [...server.tools] }),
    ...(server.toolSeconds !== undefined && { tool_timeout_sec: server.toolSeconds }),
  };
  if ("url" in server)
    return {
      url: server.url,
      ...(server.tokenVariable !== undefined && { bearer_token_env_var: server.tokenVariable }),
      ...(server.headerVariables && { env_http_headers: { ...server.headerVariables } }),
      ...more,
    };
  const { command, args, env } = server;
  return { command, ...(args && { args: [...args] }), ...(env && { env: { ...env } }), ...more };
}

/** What no person can change: the only servers of tools, each by its name and by what is started or asked under it. */
export function codexRequirements(mcpServers: Readonly<Record<string, McpServer>>) {
  const identity = (server: McpServer) => ("url" in server ? { url: server.url } : { command: server.command });
  return {
    mcp_servers: Object.fromEntries(
      Object.entries(mcpServers).map(([name, server]) => [name, { identity: identity(server) }]),
    ),
  };
}

/**
 * What Codex must know of models that aren't OpenAI's. Of one that it knows nothing about it takes a context of hundreds of
 * thousands of tokens for granted. Edits are commands of the shell (`apply_patch`), as Ollama knows no tools in free form.
 */
export function codexCatalogue(models: readonly ServedModel[]) {
  return {
    models: models.map(({ name, contextWindow, tools }, index) => ({
      slug: name,
      display_name: name,
      description: `${contextWindow} tokens${tools ? "" : ", words alone"}`,
      visibility: "list",
      supported_in_api: true,
      priority: index + 1,
      base_instructions: tools ? instructions(contextWindow) : WORDS,
      shell_type: tools ? "unified_exec" : "disabled",
      context_window: contextWindow,
      max_context_window: contextWindow,
      effective_context_window_percent: 95,
      truncation_policy: { mode: "tokens", limit: Math.min(10_000, Math.floor(contextWindow / 4)) },
      supported_reasoning_levels: [],
      experimental_supported_tools: [],
      input_modalities: ["text"],
      support_verbosity: false,
      supports_parallel_tool_calls: false,
      supports_reasoning_summaries: false,
      supports_search_tool: false,
    })),
  };
}

const WORDS = "You are Codex, a helper in a shell. You can't run commands. Answer briefly and in plain words.";

const SHORT = `You are Codex, a coding agent in a shell of a person's workspace. Do what they ask, then say briefly what you did.
Run commands with exec_command. To edit a file, run this with exec_command:
apply_patch <<'EOF'
*** Begin Patch
*** Update File: path
@@
-old line
+new line
*** End Patch
EOF
A new file is "*** Add File: path" and lines that begin with "+".`;

const LONG = `${SHORT}
Look at the files before you change them (rg, sed -n), change no more than is asked, and keep to the style around it. Read AGENTS.md where there is one. After a change run the tests or the build that there are, and mend what you broke. Never undo changes that you did not make, and never commit unless you are asked to. Ask when two readings of the task lead to different work; else decide, and say what you decided. Name files as path:line.`;

function instructions(contextWindow: number): string {
  return contextWindow <= SMALL ? SHORT : LONG;
}
