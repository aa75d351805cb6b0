import * as k8s from "@pulumi/kubernetes";
import { describe, expect, test } from "vitest";
import { record } from "../testing/record.ts";
import type { Registered } from "../testing/record.ts";
import { ExistingOllama } from "./existing-ollama.ts";
import { knownModel, knownModels, memoryOf } from "./model-memory.ts";
import { modelGatewayIdentity } from "./model-server.ts";
import { Ollama } from "./ollama.ts";
import type { OllamaArgs } from "./ollama.ts";

const GIBIBYTE = 2 ** 30;
const large = { name: "qwen3-coder:30b", contextWindow: 32_768, tools: true };

async function made(args: Partial<OllamaArgs> = {}) {
  const registered = await record(() => {
    const provider = new k8s.Provider("cluster", { kubeconfig: "kubeconfig" });
    new Ollama(
      "ollama",
      { image: "example.org/ollama:1", cluster: { kubeconfig: "kubeconfig" }, ...args },
      { provider },
    );
  });
  const of = (name: string): Registered["inputs"] => {
    const found = registered.find((one) => one.name === `ollama-${name}`);
    if (found === undefined) throw new Error(`there is no ollama-${name}`);
    return found.inputs;
  };
  return { names: registered.map(({ name }) => name), of };
}

describe("Ollama", () => {
  test("is reached by the gateway alone, and reaches nobody where nothing is pulled", async () => {
    const { names, of } = await made();
    expect(of("network-from-gateway").spec).toEqual({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "ollama" } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": modelGatewayIdentity.namespace } },
              podSelector: { matchLabels: { "app.kubernetes.io/name": modelGatewayIdentity.app } },
            },
          ],
          ports: [{ protocol: "TCP", port: 11434 }],
        },
      ],
    });
    expect(names.filter((name) => name.includes("network-to"))).toEqual([]);
  });

  test("reaches the internet for models that it pulls", async () => {
    expect((await made({ models: [large] })).names).toEqual(
      expect.arrayContaining(["ollama-network-to-dns", "ollama-network-to-internet"]),
    );
  });

  test("has the small model where nobody asks for another, by one thread", async () => {
    expect((await made()).of("model-smollm2-135m")).toMatchObject({
      name: "smollm2:135m",
      server: { pod: { namespace: "guildnet-ollama", labelSelector: "app.kubernetes.io/name=ollama", port: 11434 } },
      parameters: { num_ctx: 8192, num_thread: 1, stop: ["<|im_end|>"] },
    });
  });

  test("gives a model its context, and as many threads as it has cores", async () => {
    const { of } = await made({ models: [large], cpu: "3500m", memory: "24Gi" });
    expect(of("model-qwen3-coder-30b").parameters).toEqual({ num_ctx: 32_768, num_thread: 4 });
    expect(of("deployment")).toMatchObject({
      spec: { template: { spec: { containers: [{ resources: { limits: { cpu: "3500m", memory: "24Gi" } } }] } } },
    });
  });

  test("takes a graphics card where it is told of one, and leaves the threads to itself", async () => {
    const { of } = await made({
      models: [large],
      gpu: { runtimeClass: "nvidia", count: 2 },
      nodeSelector: { gpu: "big" },
    });
    expect(of("deployment")).toMatchObject({
      spec: {
        template: {
          spec: {
            runtimeClassName: "nvidia",
            nodeSelector: { gpu: "big" },
            containers: [{ resources: { limits: { "nvidia.com/gpu": "2" } } }],
          },
        },
      },
    });
    expect(of("model-qwen3-coder-30b").parameters).toEqual({ num_ctx: 32_768 });
  });

  test("is told of a proxy where it pulls, and of none where it doesn't", async () => {
    const proxy = { https: "http://proxy.lan:3128", networks: ["10.1.2.0/24"] };
    const variables = async (args: Partial<OllamaArgs>) =>
      JSON.stringify((await made({ proxy, ...args })).of("deployment")).includes("HTTPS_PROXY");
    expect([await variables({ models: [large] }), await variables({})]).toEqual([true, false]);
  });
});

test("a server that is there already keeps what it has", async () => {
  let server: ExistingOllama | undefined;
  const registered = await record(() => {
    server = new ExistingOllama("theirs", { url: "http://192.0.2.20:11434/", models: [large] });
  });
  expect(registered.find(({ name }) => name === "theirs-model-qwen3-coder-30b")?.inputs).toMatchObject({
    server: { url: "http://192.0.2.20:11434" },
    parameters: { num_ctx: 32_768 },
  });
  expect(server?.models).toEqual([large]);
});

describe("what a model takes", () => {
  test("is its weights, its memory of a conversation, and a little", () => {
    const gibibytes = (name: string, contextWindow: number) => {
      const known = knownModel(name);
      return known === undefined ? undefined : memoryOf(known, contextWindow) / GIBIBYTE;
    };
    // Seen: 340 MiB with the server's own 40.
    expect(gibibytes("smollm2:135m", 8192)).toBe(0.75);
    expect(gibibytes("qwen3-coder:30b", 32_768)).toBe(21.25);
    expect(gibibytes("qwen3-coder:30b", 8192)).toBe(19);
    expect(gibibytes("nobody's:1b", 8192)).toBeUndefined();
  });

  test("is known of names as the library has them", () => {
    for (const name of knownModels) expect(name).toMatch(/^[\w.-]+:[\w.-]+$/);
  });
});
