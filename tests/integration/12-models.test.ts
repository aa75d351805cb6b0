import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { askingPod, removeAskingPod, type AskingPod } from "../support/asking-pod.ts";
import { changesAhead, everything, guildnet, kubectl, mustGuildnet, nameOf, upUnlessUp } from "../support/guildnet.ts";

const MODEL = "smollm2:135m";
const ollama = "http://ollama.guildnet-ollama.svc:11434";
/** By the label of its gateway's pods. */
const gateway = { name: "as-gateway", namespace: "guildnet-models", program: "model-gateway" };
const stranger = { name: "as-stranger", namespace: "default", program: "model-gateway" };

const answer = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });
const list = z.object({ models: z.array(z.object({ name: z.string() })) });

let asGateway: AskingPod, asStranger: AskingPod;
beforeAll(async () => {
  await upUnlessUp(everything);
  asGateway = await askingPod(gateway.name, gateway.namespace, gateway.program);
  asStranger = await askingPod(stranger.name, stranger.namespace, stranger.program);
  await serves();
});

afterAll(async () => {
  await removeAskingPod(gateway.name, gateway.namespace);
  await removeAskingPod(stranger.name, stranger.namespace);
});

describe("Ollama", () => {
  test("has the small model, which answers in words", async () => {
    expect(await models()).toEqual([MODEL]);
    expect(await capital()).toContain("Paris");
  });

  test("says of it that it can be offered functions", async () => {
    const { json } = await asGateway.ask(`${ollama}/api/show`, { method: "POST", body: { model: MODEL } });
    expect(json).toMatchObject({ capabilities: ["completion", "tools"] });
  });

  test("answers nobody but the gateway", async () => {
    await expect(asStranger.ask(ollama)).rejects.toThrow(/ECONNREFUSED|nobody takes the connection/);
    await expect(
      kubectl("exec", "--namespace", "ws-ada", "deploy/workspace", "--", "curl", "--max-time", "3", ollama),
    ).rejects.toThrow(/timed out|refused|Failed to connect/i);
  });

  test("has its model after its pod was killed", async () => {
    const killed = await readyPods();
    await kubectl("delete", "pod", "--namespace", "guildnet-ollama", ...killed, "--grace-period", "0", "--force");
    // Its Deployment counts as rolled out until somebody has seen that the pod is gone.
    await vi.waitFor(async () => expect((await readyPods()).filter((pod) => !killed.includes(pod))).toHaveLength(1), {
      timeout: 90_000,
      interval: 500,
    });
    await vi.waitFor(async () => expect(await models()).toEqual([MODEL]), { timeout: 30_000, interval: 500 });
    expect(await capital()).toContain("Paris");
  });

  test("is told of where somebody removed its model, by that alone, and has it again after the next run", async () => {
    await kubectl("exec", "--namespace", "guildnet-ollama", "deploy/ollama", "--", "ollama", "rm", MODEL);
    expect(await models()).toEqual([]);
    expect((await guildnet("status")).all).toContain("the server does not have it");
    expect((await changesAhead()).map((step) => [step.op, nameOf(step)])).toEqual([
      ["update", "ollama-model-smollm2-135m"],
    ]);
    await mustGuildnet("up");
    expect(await models()).toEqual([MODEL]);
  });
});

async function models(): Promise<string[]> {
  return list.parse((await asGateway.ask(`${ollama}/api/tags`)).json).models.map(({ name }) => name);
}

/** OpenAI's words mean a temperature of 1 where they say none, whatever the model was made with: it would dream. */
async function capital(): Promise<string> {
  const body = {
    model: MODEL,
    messages: [{ role: "user", content: "What is the capital of France?" }],
    max_tokens: 40,
    temperature: 0,
  };
  const { json } = await asGateway.ask(`${ollama}/v1/chat/completions`, { method: "POST", body });
  return answer
    .parse(json)
    .choices.map(({ message }) => message.content)
    .join();
}

/** Names of its pods that are ready. */
async function readyPods(): Promise<string[]> {
  const { items } = z
    .object({
      items: z.array(
        z.object({
          metadata: z.object({ name: z.string() }),
          status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
        }),
      ),
    })
    .parse(
      JSON.parse(
        await kubectl(
          "get",
          "pods",
          "--namespace",
          "guildnet-ollama",
          "--selector",
          "app.kubernetes.io/name=ollama",
          "--output",
          "json",
        ),
      ),
    );
  return items
    .filter(({ status }) => status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"))
    .map(({ metadata }) => metadata.name);
}

async function serves(): Promise<void> {
  await kubectl("rollout", "status", "--namespace", "guildnet-ollama", "deploy/ollama", "--timeout", "90s");
}
