import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { codexFiles } from "./codex.ts";
import type { CodexSettings } from "./codex.ts";

const settings: CodexSettings = {
  url: "https://gateway.guildnet-models.svc/v1",
  models: [
    { name: "small:135m", contextWindow: 8192, tools: false },
    { name: 'odd "name" = [x]\n', contextWindow: 262_144, tools: true },
  ],
  known: false,
  mcpServers: {
    notes: { command: "notes-mcp", args: ["--vault", "~/notes"], env: { LANG: "C" }, tools: ["search"] },
    "odd.name": {
      url: "https://tools.example.org/mcp",
      tokenVariable: "TOOLS_TOKEN",
      headerVariables: { "x-tool": "TOOL" },
      toolSeconds: 330,
    },
  },
  otherMcpServers: true,
};
const config = (changes: Partial<CodexSettings> = {}) =>
  parse(codexFiles({ ...settings, ...changes })["config.toml"] ?? "");

describe("Codex", () => {
  test("asks the gateway, with the token that a workspace has, in the words that it knows alone", () => {
    expect(config()).toMatchObject({
      model: "small:135m",
      model_provider: "guildnet",
      model_providers: {
        guildnet: { base_url: settings.url, env_key: "GUILDNET_MODELS_TOKEN", wire_api: "responses" },
      },
    });
  });

  test("has the pod for its sandbox, as nothing else works in one", () => {
    expect(config()).toMatchObject({ sandbox_mode: "danger-full-access" });
    expect(codexFiles(settings)["config.toml"]).toContain("# The pod is the sandbox");
  });

  test("says little to a model that has room for little, and all that it has to one that has", () => {
    expect(config()).toMatchObject({ features: { multi_agent: false }, skills: { bundled: { enabled: false } } });
    const large = config({ models: settings.models.slice(1) });
    expect(large).not.toHaveProperty("features");
    expect(large).toMatchObject({ model: 'odd "name" = [x]\n', web_search: "disabled" });
  });

  test("leaves what it knows of OpenAI's own models to itself", () => {
    const files = codexFiles({ ...settings, known: true });
    expect(Object.keys(files)).toEqual(["config.toml"]);
    for (const key of ["model_catalog_json", "web_search", "features"])
      expect(parse(files["config.toml"] ?? "")).not.toHaveProperty(key);
  });

  test("is told of every model how much it takes, and whether it can call functions", () => {
    const { models } = JSON.parse(codexFiles(settings)["models.json"] ?? "") as { models: Record<string, unknown>[] };
    expect(models).toMatchObject([
      { slug: "small:135m", context_window: 8192, shell_type: "disabled", truncation_policy: { limit: 2048 } },
      { slug: 'odd "name" = [x]\n', context_window: 262_144, shell_type: "unified_exec" },
    ]);
    expect(models[0]?.["base_instructions"]).not.toContain("exec_command");
    expect(models[1]?.["base_instructions"]).toContain("apply_patch <<'EOF'");
  });

  test("has the servers of tools that the config lists", () => {
    expect(config()["mcp_servers"]).toEqual({
      notes: { command: "notes-mcp", args: ["--vault", "~/notes"], env: { LANG: "C" }, enabled_tools: ["search"] },
      "odd.name": {
        url: "https://tools.example.org/mcp",
        bearer_token_env_var: "TOOLS_TOKEN",
        env_http_headers: { "x-tool": "TOOL" },
        tool_timeout_sec: 330,
      },
    });
    expect(codexFiles(settings)).not.toHaveProperty("requirements.toml");
  });

  test("may have no others where the config says so, neither by name nor under a name of theirs", () => {
    const only = (mcpServers: CodexSettings["mcpServers"]) =>
      parse(codexFiles({ ...settings, mcpServers, otherMcpServers: false })["requirements.toml"] ?? "");
    expect(only(settings.mcpServers)).toEqual({
      mcp_servers: {
        notes: { identity: { command: "notes-mcp" } },
        "odd.name": { identity: { url: "https://tools.example.org/mcp" } },
      },
    });
    expect(only({})).toEqual({ mcp_servers: {} });
  });
});
