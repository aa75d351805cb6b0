import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Unreachable } from "../errors.ts";
import { clusterWithPod, ollamaServer } from "../testing/ollama-server.ts";
import { scratchFolder } from "../testing/scratch.ts";
import { model } from "./model.ts";
import type { Properties } from "./resource.ts";

const silent = (): void => {};
const weights = Buffer.alloc(3_000_000, "weights");
const sha256 = createHash("sha256").update(weights).digest("hex");
const template = "{{ .Tools }}";

/** A toolchain that has the file, or fails. @returns how often it was asked for it, and for which */
function toolchain(code = "") {
  const folder = scratchFolder(),
    path = join(folder, "toolchain.mjs"),
    file = join(folder, "weights");
  writeFileSync(file, weights);
  writeFileSync(
    path,
    `console.error("downloading: " + process.argv.slice(2).join(" "));\n${code}\nconsole.log(JSON.stringify({ file: ${JSON.stringify(file)} }));\n`,
  );
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

const fromFile = (url: string): Properties => ({
  server: { url },
  name: "small:1b",
  source: { sha256, wheel: "small==1.0", member: "small/small.gguf" },
  template,
  parameters: { num_ctx: 8192, stop: ["<|im_end|>"] },
});

describe("a model of a file", () => {
  test("is handed over and made, with progress, and says what it can do", async () => {
    const { url, shelf } = await ollamaServer(),
      said: string[] = [];
    toolchain();
    const { outputs } = await model.create(fromFile(url), (line) => void said.push(line));
    expect(shelf.blobs.get(`sha256:${sha256}`)?.equals(weights)).toBe(true);
    expect(shelf.models.get("small:1b")?.made).toEqual({
      files: { "model.gguf": `sha256:${sha256}` },
      template,
      parameters: { num_ctx: 8192, stop: ["<|im_end|>"] },
    });
    expect(outputs).toEqual({
      digest: shelf.models.get("small:1b")?.digest,
      bytes: 7,
      capabilities: ["completion", "tools"],
    });
    expect(said).toEqual(
      expect.arrayContaining([
        `downloading: file --sha256 ${sha256} --wheel small==1.0 --member small/small.gguf`,
        "handing it over: 3 of 3 MB",
        "parsing GGUF",
      ]),
    );
  });

  test("is neither fetched nor handed over where the server has it: a site without the internet makes it again", async () => {
    const { url, shelf } = await ollamaServer();
    toolchain("process.exit(1);");
    shelf.blobs.set(`sha256:${sha256}`, weights);
    await model.create(fromFile(url), silent);
    expect(shelf.calls).toEqual([
      `HEAD /api/blobs/sha256:${sha256}`,
      "POST /api/create",
      "GET /api/tags",
      "POST /api/show",
    ]);
  });

  test("that can't be had is told in the toolchain's words, and nothing is made", async () => {
    const { url, shelf } = await ollamaServer();
    toolchain('console.error("it is not the file that was pinned"); process.exit(1);');
    await expect(model.create(fromFile(url), silent)).rejects.toThrow("it is not the file that was pinned");
    expect(shelf.models.size).toBe(0);
  });

  test("that is another on the disk by then is refused by the server", async () => {
    const { url, shelf } = await ollamaServer();
    toolchain();
    const inputs = { ...fromFile(url), source: { sha256: "0".repeat(64), path: "small.gguf" } };
    await expect(model.create(inputs, silent)).rejects.toMatchObject({
      code: "ollama-refused",
      message: expect.stringContaining("digest mismatch"),
    });
    expect(shelf.models.size).toBe(0);
  });

  test("is made again when what it is made of changes", async () => {
    const { url, shelf } = await ollamaServer();
    toolchain();
    const made = await model.create(fromFile(url), silent);
    const { outputs } = await model.update({ ...fromFile(url), template: "{{ .Prompt }}" }, silent, {
      ...fromFile(url),
      ...made.outputs,
      id: made.id,
    });
    expect(outputs).toMatchObject({ capabilities: ["completion"] });
    expect(outputs.digest).not.toBe(made.outputs.digest);
    expect(shelf.calls.filter((call) => call.startsWith("POST /api/blobs"))).toHaveLength(1);
  });
});

describe("a model of the library", () => {
  const inputs = (url: string, more: Properties = {}): Properties => ({ server: { url }, name: "qwen3", ...more });

  test("is pulled by its name, with progress, and gone on with where that breaks", async () => {
    const { url, shelf } = await ollamaServer(),
      said: string[] = [];
    shelf.library = ["qwen3:latest"];
    shelf.breaks = 1;
    await model.create(inputs(url), (line) => void said.push(line));
    expect([...shelf.models.keys()]).toEqual(["qwen3:latest"]);
    expect(said).toContain("pulling 1234: 5 of 20 MB");
    expect(shelf.calls.filter((call) => call === "POST /api/pull")).toHaveLength(2);
  });

  test("that is there is taken as it is, without the internet as well", async () => {
    const { url, shelf } = await ollamaServer();
    shelf.library = undefined;
    shelf.models.set("qwen3:latest", { digest: "theirs" });
    expect((await model.create(inputs(url), silent)).outputs).toMatchObject({ digest: "theirs" });
  });

  test("is made anew of itself with parameters of the guild's", async () => {
    const { url, shelf } = await ollamaServer();
    shelf.library = ["qwen3:latest"];
    await model.create(inputs(url, { parameters: { num_ctx: 32768 } }), silent);
    expect(shelf.models.get("qwen3:latest")?.made).toEqual({ from: "qwen3", parameters: { num_ctx: 32768 } });
  });

  test.each([
    ["that it doesn't have", [], "file does not exist"],
    ["that can't be reached", undefined, "no such host"],
  ])("%s is told in the server's words", async (_what, library, words) => {
    const { url, shelf } = await ollamaServer();
    shelf.library = library;
    await expect(model.create(inputs(url), silent)).rejects.toMatchObject({
      code: "ollama-refused",
      message: expect.stringContaining(words),
    });
  });
});

describe("a model that is there", () => {
  test("has drifted once somebody removed or replaced it", async () => {
    const { url, shelf } = await ollamaServer();
    const inputs = { server: { url }, name: "qwen3:8b" };
    const drift = () => model.drift(inputs, { ...inputs, digest: "ours" });
    shelf.models.set("qwen3:8b", { digest: "ours" });
    expect(await drift()).toBeUndefined();
    shelf.models.set("qwen3:8b", { digest: "theirs" });
    expect(await drift()).toContain("another model");
    shelf.models.clear();
    expect(await drift()).toContain("does not have it");
  });

  test("is believed to be there while its server does not answer", async () => {
    const inputs = { server: { url: "http://127.0.0.1:9" }, name: "qwen3:8b" };
    await expect(model.drift(inputs, { ...inputs, digest: "ours" })).rejects.toBeInstanceOf(Unreachable);
  });

  test("is removed; one that is gone already needs no removal", async () => {
    const { url, shelf } = await ollamaServer();
    const inputs = { server: { url }, name: "qwen3:8b" };
    shelf.models.set("qwen3:8b", { digest: "ours" });
    await model.delete(inputs, silent);
    expect(shelf.models.size).toBe(0);
    await model.delete(inputs, silent);
  });

  test("is no Ollama server's where something else answers", async () => {
    const { url, shelf } = await ollamaServer();
    shelf.models.set("qwen3:8b", { digest: 1 as unknown as string });
    const inputs = { server: { url }, name: "qwen3:8b" };
    await expect(model.drift(inputs, inputs)).rejects.toMatchObject({ code: "ollama-unintelligible" });
  });
});

describe("a server in a pod", () => {
  test("is reached by way of the API server, a large file too", async () => {
    const { port, shelf } = await ollamaServer(),
      cluster = await clusterWithPod(port);
    toolchain();
    const inputs = { ...fromFile(""), server: { pod: cluster.pod } };
    const { outputs } = await model.create(inputs, silent);
    expect(shelf.blobs.get(`sha256:${sha256}`)?.equals(weights)).toBe(true);
    expect(cluster.asked).toContain(`/api/v1/namespaces/guildnet-ollama/pods/ollama-0/portforward?ports=${port}`);
    expect(await model.drift(inputs, { ...inputs, ...outputs })).toBeUndefined();
    await model.delete(inputs, silent);
    expect(shelf.models.size).toBe(0);
  });

  test("that is away is no drift, and takes its models with it", async () => {
    const { port } = await ollamaServer(),
      cluster = await clusterWithPod(port),
      said: string[] = [];
    const inputs = { server: { pod: cluster.pod }, name: "qwen3:8b" };
    cluster.refuse.with = "connection refused";
    await expect(model.drift(inputs, inputs)).rejects.toMatchObject({
      code: "ollama-unreachable",
      message: expect.stringContaining("connection refused"),
    });
    cluster.pods.length = 0;
    await model.delete(inputs, (line) => void said.push(line));
    expect(said.at(-1)).toContain("the server is gone");
  }, 15_000);
});

describe("inputs", () => {
  const check = (changes: Properties) =>
    model
      .check({ ...fromFile("http://127.0.0.1:11434"), ...changes })
      .map(({ path, message }) => `${path.join(".")} ${message}`);

  test.each([
    "qwen3",
    "qwen3-coder:30b",
    "hf.co/unsloth/gemma-3-270m-it-GGUF:Q4_K_M",
    "registry.lan:5000/ours/small:1",
  ])("a model may be called %s", (name) => expect(check({ name })).toEqual([]));

  test.each([
    ["name", { name: "two words" }, "Ollama's library"],
    ["source", { source: { sha256 } }, "where the file is"],
    ["source.sha256", { source: { sha256: "abc", path: "x" } }, "64 hex digits"],
    ["source.wheel", { source: { sha256, wheel: "--index-url=x" } }, "name==version"],
    ["server", { server: {} }, ""],
  ])("%s is refused where it can't be", (path, changes, words) => {
    expect(check(changes).join()).toContain(words);
    expect(check(changes).join()).toMatch(new RegExp(`^${path} `));
  });
});
