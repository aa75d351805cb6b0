import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { appServer } from "../support/codex/app-server.ts";
import { scriptedModel, withoutScriptedModel } from "../support/codex/scripted-pod.ts";
import { lastForAdmins } from "../support/events.ts";
import { everything, kubectl, upUnlessUp } from "../support/guildnet.ts";

const small = "smollm2:135m";
const url = "https://gateway.guildnet-models.svc/v1";

beforeAll(async () => {
  await upUnlessUp(everything);
  await scriptedModel();
  for (const [namespace, deployment] of [
    ["guildnet-models", "model-gateway"],
    ["ws-ada", "workspace"],
    ["ws-bob", "workspace"],
  ] as const)
    await kubectl("rollout", "status", "--namespace", namespace, `deploy/${deployment}`, "--timeout", "120s");
});

afterAll(withoutScriptedModel);

describe("Codex in a workspace, with no set-up and without a flag", () => {
  test("has settings of which it knows all", async () => {
    const said = await inWorkspace("ada", "codex", "app-server", "--print-startup-config", "--strict-config");
    expect(JSON.parse(said)).toMatchObject({ appServerVersion: expect.any(String) as string });
  });

  test("runs a command and edits a file, as the model behind the gateway asks", async () => {
    const said = await codex("asked", "exec 'make two files'");
    expect(await sh("ada", "cat ~/asked/made.txt ~/asked/edited.txt"), said).toBe("1000\nby an edit");
    expect(said).toContain("Both are done.");
  });

  test("speaks to rich clients as it is built upon", async () => {
    await sh("ada", "codex app-server generate-ts --out /tmp/app-server");
    const named = async (file: string) => {
      const types = await sh("ada", `cat /tmp/app-server/${file}.ts`);
      return [...types.matchAll(/"method": "([^"]+)"/g)].map(([, name]) => name);
    };
    expect(await named("ClientRequest")).toEqual(expect.arrayContaining([...appServer.requests]));
    expect(await named("ServerNotification")).toEqual(expect.arrayContaining([...appServer.notifications]));
    expect(await named("ServerRequest")).toEqual(expect.arrayContaining([...appServer.questions]));
    const decisions = await sh("ada", "cat /tmp/app-server/v2/CommandExecutionApprovalDecision.ts");
    for (const decision of appServer.decisions) expect(decisions).toContain(`"${decision}"`);
    expect(await sh("ada", "cat /tmp/app-server/v2/SandboxPolicy.ts")).toContain('"externalSandbox"');
  });
});

describe("the models' one address", () => {
  const ids = (said: string) => (JSON.parse(said) as { data: { id: string }[] }).data.map(({ id }) => id);

  test("is found by what speaks OpenAI's API, and trusted by curl, Node and Python alike", async () => {
    const ways = [
      'curl --silent --fail --header "Authorization: Bearer $OPENAI_API_KEY" $OPENAI_BASE_URL/models',
      `node --eval 'fetch(process.env.OPENAI_BASE_URL + "/models", { headers: { authorization: "Bearer " + process.env.OPENAI_API_KEY } }).then(async (answer) => console.log(await answer.text()))'`,
      `python3 -c 'import os, urllib.request as r; print(r.urlopen(r.Request(os.environ["OPENAI_BASE_URL"] + "/models", headers={"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})).read().decode())'`,
    ];
    for (const way of ways) expect(ids(await sh("ada", way)), way).toEqual(expect.arrayContaining([small, "scripted"]));
  });

  test("answers a chat in words, as they come", { timeout: 900_000 }, async () => {
    const question = {
      model: small,
      stream: true,
      messages: [{ role: "user", content: "Say hello." }],
      max_tokens: 12,
    };
    const said = await sh(
      "ada",
      `curl --silent --fail --no-buffer --max-time 800 --header "Authorization: Bearer $OPENAI_API_KEY" --json '${JSON.stringify(question)}' $OPENAI_BASE_URL/chat/completions`,
    );
    const chunks = said.split("\n").filter((line) => line.startsWith("data: {"));
    expect(chunks.length).toBeGreaterThan(1);
    expect(said).toContain("data: [DONE]");
  });

  test("knows each workspace by its own token, and nobody without one", async () => {
    const status = (workspace: string, token: string) =>
      sh(
        workspace,
        `curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer ${token}" ${url}/models`,
      );
    expect(await status("ada", "$OPENAI_API_KEY")).toBe("200");
    expect(await status("bob", "$OPENAI_API_KEY")).toBe("200");
    expect(await status("ada", "bob.$(printf %s $OPENAI_API_KEY | cut -d. -f2)")).toBe("401");
    expect(await status("ada", "ada.a-guess")).toBe("401");
  });

  test("counts what is asked by workspace and model, and has neither token nor question in its log", async () => {
    const log = await kubectl("logs", "--namespace", "guildnet-models", "deploy/model-gateway");
    const asked = log.split("\n").flatMap((line) => (line.includes('"asked"') ? [JSON.parse(line) as object] : []));
    expect(asked).toContainEqual(
      expect.objectContaining({
        workspace: "ada",
        model: "scripted",
        server: "scripted",
        status: 200,
        tokens: { input: 100, output: 10, reported: true },
      }),
    );
    expect(log).not.toContain("make two files");
    expect(log).not.toContain(await sh("ada", "printf %s $OPENAI_API_KEY"));
  });

  test(
    "tells admins on the event bus, within a minute or two, who has used how much of what",
    { timeout: 180_000 },
    async () => {
      await vi.waitFor(
        async () => {
          const used = await lastForAdmins("ada", "models", "models.used");
          expect(used.workspace).toBe("ada");
          expect(["scripted", small]).toContain(used.model);
          expect(used.inputTokens).toBeGreaterThan(0);
        },
        { timeout: 150_000, interval: 2_000 },
      );
    },
  );

  test("is asked by workspaces, and models' servers by nobody else", async () => {
    const reach =
      "curl --silent --max-time 5 --output /dev/null http://ollama.guildnet-ollama.svc:11434/ && echo reached";
    await expect(sh("ada", reach)).rejects.toThrow();
  });

  test("asks on after its pod was killed", async () => {
    await kubectl(
      "delete",
      "pod",
      "--namespace",
      "guildnet-models",
      "--selector",
      "app.kubernetes.io/name=model-gateway",
      "--grace-period",
      "0",
      "--force",
    );
    await kubectl("rollout", "status", "--namespace", "guildnet-models", "deploy/model-gateway", "--timeout", "120s");
    await vi.waitFor(async () => expect(await codex("again", "exec 'make two files'")).toContain("Both are done."), {
      timeout: 60_000,
      interval: 1_000,
    });
  });
});

/** Asks in a new project of ada's. @returns all that it said */
function codex(project: string, command: string): Promise<string> {
  return sh("ada", `rm -rf ~/${project} && git init --quiet ~/${project} && cd ~/${project} && codex ${command} 2>&1`);
}

function sh(workspace: string, command: string): Promise<string> {
  return inWorkspace(workspace, "sh", "-c", command);
}

function inWorkspace(workspace: string, ...command: string[]): Promise<string> {
  return kubectl("exec", "--namespace", `ws-${workspace}`, "deploy/workspace", "--", ...command);
}
