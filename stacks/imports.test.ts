import { ESLint } from "eslint";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";

// The first file of each package makes TypeScript read all of that package.
vi.setConfig({ testTimeout: 120_000 });

const eslint = new ESLint({ cwd: join(import.meta.dirname, "..") });

async function complaints(filePath: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.flatMap(({ ruleId }) => ruleId ?? []) ?? [];
}

describe("who may import whom", () => {
  test.each([
    ["index.ts", "./components/index.ts"],
    ["stacks/guild.ts", "../policy/src/rules.ts"],
    ["stacks/guild.ts", "../provider/pki/x509.ts"],
    ["components/labels.ts", "../stacks/schema.ts"],
    ["components/workspace/quota.ts", "../../provider/node/layout.ts"],
    ["provider/errors.ts", "../components/labels.ts"],
    ["policy/src/rules.ts", "../../components/labels.ts"],
    ["policy/src/rules/pinned-images.ts", "../../../provider/sdk/index.ts"],
    ["images/portal/server/names.ts", "../../../components/labels.ts"],
  ])("%s not %s", async (file, specifier) => {
    expect(await complaints(file, `import "${specifier}";\n`)).toContain("no-restricted-imports");
  });

  test.each([
    ["index.ts", "./stacks/guild.ts"],
    ["stacks/guild.ts", "../components/index.ts"],
    ["components/workspace/workspace.ts", "../../provider/sdk/index.ts"],
    ["components/platform/privileged-namespaces.test.ts", "../../policy/src/privileged-namespaces.ts"],
  ])("%s may %s", async (file, specifier) => {
    expect(await complaints(file, `import "${specifier}";\n`)).toEqual([]);
  });
});

test("only stacks/config.ts reads the engine's config", async () => {
  const text = 'import * as pulumi from "@pulumi/pulumi";\nexport const x = new pulumi.Config();\n';
  expect(await complaints("stacks/guild.ts", text)).toContain("no-restricted-syntax");
  expect(await complaints("stacks/config.ts", text)).toEqual([]);
});

test("a promise that nobody waits for is an error", async () => {
  expect(await complaints("stacks/guild.ts", "const f = async () => 1;\nf();\n")).toContain("@typescript-eslint/no-floating-promises");
});
