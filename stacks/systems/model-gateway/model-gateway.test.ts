import * as pulumi from "@pulumi/pulumi";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { record, showsInPlain } from "../../../components/testing/record.ts";
import { parseGuild } from "../../check/parse.ts";
import { guild } from "../../guild.ts";
import { tokenIn } from "./mcp-servers.ts";

const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const openai = {
  name: "openai",
  url: "https://api.openai.com",
  dialect: "openai",
  key: true,
  models: [{ name: "gpt-5.5", contextWindow: 272_000 }],
};

async function graph(raw: object, modelKey = false, tokens?: Record<string, string>) {
  const config = parseGuild(
    { images, workspaces: [{ owner: "ada" }], ...raw },
    { kubeconfig: false, modelKey, mcpTokens: tokens !== undefined },
  );
  const all = await record(() =>
    guild(config, undefined, {
      modelKey: modelKey ? pulumi.secret("CANARY") : undefined,
      mcpTokens: tokens && pulumi.secret(JSON.stringify(tokens)),
    }),
  );
  const of = <T>(name: string) => all.find((each) => each.name === name)?.inputs as T;
  const settings = () =>
    JSON.parse(of<{ data: Record<string, string> }>("model-gateway-settings").data["gateway.json"] ?? "") as unknown;
  const codex = () => of<{ data: Record<string, string> } | undefined>("ada-models-codex")?.data ?? {};
  return { all, of, settings, codex };
}

describe("a guild", () => {
  test("without a model has no gateway, and its workspaces are what they were", async () => {
    const { all } = await graph({});
    expect(all.filter(({ name }) => /model-gateway|-models/.test(name))).toEqual([]);
  });

  test("with the small model has it asked through the gateway, and Codex ready for it", async () => {
    const { settings, codex, of } = await graph({ models: {} });
    expect(settings()).toMatchObject({
      servers: [{ name: "ollama", dialect: "plain", models: [{ name: "smollm2:135m" }] }],
      limits: { requestsAtOnce: 4 },
    });
    expect(parse(codex()["config.toml"] ?? "")).toMatchObject({
      model: "smollm2:135m",
      model_providers: { guildnet: { base_url: "https://gateway.guildnet-models.svc/v1" } },
    });
    expect(of("model-gateway-network-to-internet")).toBeUndefined();
  });

  test("with OpenAI beside it has its key in one Secret, and what Codex asks is a line", async () => {
    const raw = { models: {}, modelGateway: { servers: [openai] }, codex: { model: "gpt-5.5" } };
    const { all, of, codex, settings } = await graph(raw, true);
    expect(of("model-gateway-keys")).toMatchObject({ stringData: { secret: { openai: "CANARY" } } });
    for (const { name, inputs, outputs } of all)
      expect([showsInPlain(inputs, "CANARY"), showsInPlain(outputs ?? {}, "CANARY")], name).toEqual([false, false]);
    expect(settings()).toMatchObject({ servers: [{ name: "ollama" }, { name: "openai", key: "openai" }] });
    expect(parse(codex()["config.toml"] ?? "")).toMatchObject({ model: "gpt-5.5" });
    expect(codex()).not.toHaveProperty("models.json");
    expect(of("model-gateway-network-to-internet")).toBeDefined();
  });

  test("with an Ollama that is there already has a way out to its address, and to no other", async () => {
    const { of } = await graph({ models: { server: { kind: "existing", url: "http://192.168.1.20:11434" } } });
    expect(of("model-gateway-network-to-models")).toMatchObject({
      spec: { egress: [{ to: [{ ipBlock: { cidr: "192.168.1.20/32" } }], ports: [{ port: 11434 }] }] },
    });
    expect(of("model-gateway-network-to-internet")).toBeUndefined();
  });

  test("says how much may be asked, by whom, and of what", async () => {
    const { settings } = await graph({
      models: {},
      modelGateway: {
        tokensPerDay: 1000,
        requestsAtOnce: 2,
        limits: { ada: { tokensPerDay: 5000 } },
        access: { "smollm2:135m": [] },
      },
    });
    expect(settings()).toMatchObject({
      servers: [{ models: [{ workspaces: [] }] }],
      limits: { tokensPerDay: 1000, requestsAtOnce: 2 },
      limitsOf: { ada: { tokensPerDay: 5000 } },
    });
  });

  const own = { command: "tickets-mcp" };
  const guilds = { url: "https://tools.guildnet-portal.svc/guild", bearer_token_env_var: "GUILDNET_TOOLS_TOKEN" };
  const servers = ({ codex }: Awaited<ReturnType<typeof graph>>) =>
    parse(codex()["config.toml"] ?? "")["mcp_servers"] as object;
  const allowed = ({ codex }: Awaited<ReturnType<typeof graph>>) =>
    (parse(codex()["requirements.toml"] ?? "")["mcp_servers"] ?? {}) as object;

  test("has its own servers of tools, and those that the config lists, and a person no others", async () => {
    const plain = await graph({ models: {} });
    expect(servers(plain)).toEqual({ guild: guilds });
    expect(allowed(plain)).toEqual({ guild: { identity: { url: guilds.url } } });
    const more = await graph({ models: {}, events: {}, codex: { mcpServers: { tickets: own } } });
    expect(servers(more)).toMatchObject({
      guild: guilds,
      events: {
        url: "https://tools.guildnet-portal.svc/events",
        env_http_headers: { "x-guildnet-events": "GUILDNET_EVENTS_CREDENTIALS" },
        // A wait for the next event takes five minutes.
        tool_timeout_sec: 330,
      },
      tickets: own,
    });
    expect(Object.keys(allowed(more))).toEqual(["guild", "events", "tickets"]);
    const open = await graph({ models: {}, codex: { otherMcpServers: true } });
    expect(open.codex()).not.toHaveProperty("requirements.toml");
  });

  const search = { url: "https://search.example.org/mcp", token: true };

  test("gives each workspace the token of a server of tools as a variable, which Codex's settings name", async () => {
    const found = await graph({ models: {}, codex: { mcpServers: { "web-search": search } } }, false, {
      "web-search": "TOOLS CANARY",
    });
    expect(servers(found)).toMatchObject({
      "web-search": { url: search.url, bearer_token_env_var: "GUILDNET_MCP_TOKEN_web_search" },
    });
    expect(found.of("ada-models-mcp-tokens")).toMatchObject({
      stringData: { secret: { "web-search": "TOOLS CANARY" } },
    });
    expect(JSON.stringify(found.of("ada-deployment"))).toContain(
      '{"name":"GUILDNET_MCP_TOKEN_web_search","valueFrom":{"secretKeyRef":{"key":"web-search","name":"models-mcp-tokens"}}}',
    );
    for (const { name, inputs, outputs } of found.all)
      expect([showsInPlain(inputs, "TOOLS CANARY"), showsInPlain(outputs ?? {}, "TOOLS CANARY")], name).toEqual([
        false,
        false,
      ]);
  });

  test.each(["", "a token", '{"other":"t"}', '{"web-search":""}'])(
    "names the key whose token is not in %j",
    (tokens) => {
      expect(() => tokenIn(tokens, "web-search")).toThrow(
        /codex\.mcpServers\.web-search\.token is true.*--path guildnet:mcpTokens\.web-search/,
      );
    },
  );

  test("has of its own servers of tools no more than are wanted, and no entrance where none is", async () => {
    const one = await graph({ models: {}, events: {}, codex: { mcpServers: { events: false } } });
    expect(servers(one)).toEqual({ guild: guilds });
    const none = await graph({ models: {}, codex: { mcpServers: { guild: false } } });
    expect(servers(none)).toEqual({});
    expect(allowed(none)).toEqual({});
    expect(none.all.filter(({ name }) => /-tools-/.test(name))).toEqual([]);
    expect((await graph({})).all.filter(({ name }) => /-tools-/.test(name))).toEqual([]);
  });

  test("gives a workspace a token of its own for them, which the portal's key makes, and another where that is another", async () => {
    const { all, of } = await graph({ models: {}, codex: { tokenGeneration: 3 } });
    expect(of("portal-tools-key")).toMatchObject({ bytes: 34 });
    const { stringData } = of<{ stringData: { secret: { token: string } } }>("ada-tools-access");
    expect(stringData.secret.token).toMatch(/^ada\.[\w-]{43}$/);
    for (const { name, inputs, outputs } of all)
      for (const secret of [stringData.secret.token.slice("ada.".length), "random of portal-tools-key"])
        expect([showsInPlain(inputs, secret), showsInPlain(outputs ?? {}, secret)], name).toEqual([false, false]);
  });

  test.each([
    ["guild", { command: "x" }, /another name: the guild's own/],
    ["evens", false, /did you mean "events"/],
  ])("refuses %s: %j among them", (name, server, why) => {
    expect(() =>
      parseGuild(
        { images, workspaces: [{ owner: "ada" }], models: {}, codex: { mcpServers: { [name]: server } } },
        { kubeconfig: false, modelKey: false },
      ),
    ).toThrow(why);
  });
});
