import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { ensureImage, requireTools, toolchainCommand } from "./toolchain.ts";

/** A toolchain that runs the given code, with `say` for stderr and `args`. */
function toolchain(code: string): string {
  const path = join(scratchFolder(), "toolchain.mjs");
  writeFileSync(path, `const say = (text) => process.stderr.write(text), args = process.argv.slice(2);\n${code}\n`);
  vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", path);
  onTestFinished(() => void vi.unstubAllEnvs());
  return path;
}

const answer =
  'console.log(JSON.stringify(Object.fromEntries(args.slice(1).map((name) => [name, { version: "1", path: "/tools/" + name }]))));';
const silent = (): void => {};

describe("the toolchain", () => {
  test("is the one the environment names, else that of this checkout", () => {
    const path = toolchain("");
    expect(toolchainCommand()).toBe(path);
    vi.stubEnv("GUILDNET_TOOLCHAIN_CLI", join(path, "nothing"));
    expect(toolchainCommand()).toMatch(/\/toolchain\/bootstrap\.mjs$/);
  });

  test("answers on the last line, whatever it printed before", async () => {
    toolchain(`console.log("{ not json"); console.log("[]"); ${answer}`);
    expect(await requireTools(["kubernetes", "node-packages"], silent)).toEqual({
      kubernetes: "/tools/kubernetes",
      "node-packages": "/tools/node-packages",
    });
  });

  test("tells of its progress line by line, however its output is cut", async () => {
    // The second half comes once the first was told of.
    const told = join(scratchFolder(), "told");
    const untilTold = `while (!existsSync(${JSON.stringify(told)})) await new Promise((resolve) => setTimeout(resolve, 5));`;
    toolchain(
      `const { existsSync } = await import("node:fs"); say("  building etcd\\n\\nbuil"); ${untilTold} say("ding kubelet\\n"); ${answer}`,
    );
    const lines: string[] = [];
    await requireTools(["etcd"], (line) => {
      lines.push(line);
      writeFileSync(told, "");
    });
    expect(lines).toEqual(["building etcd", "building kubelet"]);
  });

  test("that fails is quoted by its last twenty lines", async () => {
    toolchain('for (let line = 1; line <= 50; line++) say("line " + line + "\\n"); process.exitCode = 3;');
    const expected = Array.from({ length: 20 }, (_, index) => `line ${index + 31}`).join("\n");
    await expect(requireTools(["kubernetes"], silent)).rejects.toMatchObject({
      code: "toolchain-failed",
      message: expected,
    });
  });

  test("that fails without a word is told by its exit code", async () => {
    toolchain("process.exitCode = 3;");
    await expect(requireTools(["kubernetes"], silent)).rejects.toThrow("the toolchain ended with exit code 3");
  });

  test.each([
    'console.log("done");',
    "",
    'console.log("{}");',
    'console.log(JSON.stringify({ kubernetes: "/here" }));',
  ])("that answers otherwise, as by %j, is told of", async (code) => {
    toolchain(code);
    await expect(requireTools(["kubernetes"], silent)).rejects.toThrow("the toolchain did not say where kubernetes is");
  });

  test("builds an image with its context and arguments", async () => {
    toolchain('say(args.join("|") + "\\n");');
    const lines: string[] = [];
    await ensureImage("guildnet.local/a:b", { context: "images/a", buildArgs: { ONE: "1", TWO: "a b" } }, (line) =>
      lines.push(line),
    );
    await ensureImage("registry.k8s.io/pause:3.10.1", {}, (line) => lines.push(line));
    expect(lines).toEqual([
      "image|guildnet.local/a:b|--unpacked|--context|images/a|--build-arg|ONE=1|--build-arg|TWO=a b",
      "image|registry.k8s.io/pause:3.10.1|--unpacked",
    ]);
  });

  test("says where an image lies unpacked, where it can", async () => {
    const unpacked = { config: "{}", layers: [{ diffId: "sha256:1", size: 1, folder: "/layers/1" }] };
    toolchain(
      `console.log("building"); console.log(JSON.stringify({ id: "sha256:2", unpacked: args[1] === "a/b:c" ? ${JSON.stringify(unpacked)} : undefined }));`,
    );
    expect(await ensureImage("a/b:c", {}, silent)).toEqual(unpacked);
    expect(await ensureImage("a/b:d", {}, silent)).toBeUndefined();
  });

  test.each(["", 'console.log("[]");', 'console.log(JSON.stringify({ unpacked: { config: "{}", layers: [] } }));'])(
    "that answers of an image otherwise, as by %j, has only its archive",
    async (code) => {
      toolchain(code);
      expect(await ensureImage("a/b:c", {}, silent)).toBeUndefined();
    },
  );
});
