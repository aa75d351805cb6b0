import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { scriptedModel, withoutScriptedModel } from "../support/codex/scripted-pod.ts";
import { everything, kubectl, portalUrl, upUnlessUp } from "../support/guildnet.ts";
import { reaches } from "../support/network.ts";

const tools = "https://tools.guildnet-portal.svc";
const soon = { timeout: 120_000, interval: 500 };

beforeAll(async () => {
  await upUnlessUp(everything);
  await scriptedModel();
  for (const [namespace, deployment] of [
    ["guildnet-portal", "portal"],
    ["guildnet-models", "model-gateway"],
    ["guildnet-events", "nats"],
    ["ws-ada", "workspace"],
    ["ws-bob", "workspace"],
  ] as const)
    await kubectl("rollout", "status", "--namespace", namespace, `deploy/${deployment}`, "--timeout", "120s");
});

afterAll(withoutScriptedModel);

describe("Codex in a workspace, with no set-up", () => {
  test("has the guild's servers of tools, and no other that its person adds", async () => {
    const listed = async (settings = "") => {
      const said = await sh("ada", `export CODEX_HOME=$(mktemp -d) && ${settings} codex mcp list --json`);
      return (JSON.parse(said) as Listed[]).map(({ name, enabled, disabled_reason: why }) => ({ name, enabled, why }));
    };
    const guilds = ["events", "guild"].map((name) => ({ name, enabled: true, why: null }));
    expect(await listed()).toEqual(expect.arrayContaining(guilds));
    const own = await listed("codex mcp add mine -- sleep 1 >/dev/null &&");
    expect(own).toContainEqual({
      name: "mine",
      enabled: false,
      why: expect.stringContaining("requirements") as string,
    });
    // Nor under a name of theirs.
    const posing = await listed("codex mcp add guild --url https://example.org/mcp >/dev/null &&");
    expect(posing).toContainEqual({
      name: "guild",
      enabled: false,
      why: expect.stringContaining("requirements") as string,
    });
  });

  test("asks each, and is told what is true", async () => {
    const said = await sh(
      "ada",
      "rm -rf ~/told && git init --quiet ~/told && cd ~/told && codex exec --json 'Use your tools.' 2>&1",
    );
    const items = said
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => (JSON.parse(line) as { type: string; item?: Item }).item);
    const called = items.filter((item) => item?.type === "mcp_tool_call" && item.status !== "in_progress");
    const answer = (tool: string) => {
      const text = called.find((item) => item?.tool === tool)?.result?.content[0]?.text;
      return JSON.parse(text ?? expect.fail(`${tool} was not asked: ${said}`)) as Record<string, never>;
    };
    expect(answer("guild"), said).toMatchObject({
      person: { handle: "ada" },
      workspace: { name: "ada" },
      portal: portalUrl,
    });
    expect(answer("workspaces")["workspaces"]).toContainEqual(
      expect.objectContaining({ name: "ada", owner: "ada", state: "running", mine: true }),
    );
    expect(answer("systems")["systems"]).toContainEqual(
      expect.objectContaining({
        what: "event bus",
        state: "1/1 ready",
        healthy: true,
        address: "tls://nats.guildnet-events.svc:4222",
      }),
    );
    expect(answer("docs_search")["found"]).toContainEqual(expect.objectContaining({ page: "systems/models.md" }));
    expect(answer("docs_read")).toMatchObject({ title: "Models" });
    expect(answer("events_say")).toEqual({ said: "agent.said", to: "guild" });
    expect(answer("events_recent")["events"]).toMatchObject([
      { type: "agent.said", source: "ws-ada", for: "guild", data: { agent: "codex", text: "An otter was here." } },
    ]);
    expect(said).toContain("All were asked.");
  });
});

describe("the tools' address", () => {
  test("knows a workspace by its own token and its own credentials for the bus, and tells it no more than is its owner's", async () => {
    const mine = await asked("bob", "guild", "workspaces", {});
    expect(JSON.stringify(mine)).toContain('\\"name\\":\\"bob\\"');
    expect(JSON.stringify(mine)).not.toContain('\\"owner\\":\\"ada\\"');
    expect(JSON.stringify(await asked("bob", "guild", "systems", {}))).toContain("Only the guild's admins");
    await asked("ada", "events", "events_say", { what: "said", text: "For ada alone." });
    expect(JSON.stringify(await asked("ada", "events", "events_recent", { newest: 100 }))).toContain("For ada alone.");
    const others = JSON.stringify(await asked("bob", "events", "events_recent", { newest: 100 }));
    expect(others).not.toContain("For ada alone.");
    expect(others).toContain("An otter was here.");
  });

  test("answers nobody who poses as another, nor without credentials of the bus", async () => {
    // The workspace's shell puts the token in: what `kubectl exec` is given stands in the API server's audit log.
    const status = (token: string) =>
      sh(
        "bob",
        `curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer ${token}" --json '{}' "$1"`,
        `${tools}/guild`,
      );
    expect(await status("$GUILDNET_TOOLS_TOKEN")).not.toBe("401");
    expect(await status("ada.${GUILDNET_TOOLS_TOKEN#bob.}")).toBe("401");
    expect(await status("bob.guess")).toBe("401");
    expect(await status("")).toBe("401");
    const without = JSON.stringify(await asked("bob", "events", "events_recent", {}, { withCredentials: false }));
    expect(without).toContain("brought no credentials");
  });

  test("has neither a token nor credentials in the portal's log, nor what was said", async () => {
    const log = await kubectl("logs", "--namespace", "guildnet-portal", "deploy/portal");
    for (const secret of ["GUILDNET_TOOLS_TOKEN", "GUILDNET_EVENTS_CREDENTIALS"])
      expect(log).not.toContain(await sh("ada", `printenv "$1" | cut -d. -f2`, secret));
    expect(log).not.toContain("For ada alone.");
  });

  test("is reached from workspaces, and from nowhere else in the cluster", async () => {
    const elsewhere = (service: string) => reaches("default", `${service}.guildnet-portal.svc:443`, "pod/scripted");
    // What is closed never answers; what is open may be slow to, on a busy machine.
    const answers = () =>
      vi.waitFor(async () => {
        expect(await reaches("ws-ada", "tools.guildnet-portal.svc:443")).toBe(true);
        expect(await elsewhere("portal")).toBe(true);
      }, soon);
    await answers();
    expect(await elsewhere("tools")).toBe(false);
    await answers();
  });
});

interface Listed {
  name: string;
  enabled: boolean;
  disabled_reason: string | null;
}

/** What Codex tells of a tool that it asked. */
interface Item {
  type: string;
  status?: string;
  tool?: string;
  result?: { content: { text: string }[] } | null;
}

/** Without Codex, which always sends the workspace's credentials for the bus. */
async function asked(
  workspace: string,
  server: string,
  tool: string,
  args: object,
  { withCredentials = true } = {},
): Promise<object> {
  const question = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: args } };
  const credentials = withCredentials ? '--header "x-guildnet-events: $GUILDNET_EVENTS_CREDENTIALS"' : "";
  const said = await sh(
    workspace,
    `curl --silent --fail-with-body --max-time 60 --header "Authorization: Bearer $GUILDNET_TOOLS_TOKEN" ${credentials} --header "Accept: application/json, text/event-stream" --json "$1" "$2"`,
    JSON.stringify(question),
    `${tools}/${server}`,
  );
  return JSON.parse(said) as object;
}

/** @param args what the command has as $1 and so on */
function sh(workspace: string, command: string, ...args: string[]): Promise<string> {
  return kubectl(
    "exec",
    "--namespace",
    `ws-${workspace}`,
    "deploy/workspace",
    "--",
    "sh",
    "-c",
    command,
    "sh",
    ...args,
  );
}
