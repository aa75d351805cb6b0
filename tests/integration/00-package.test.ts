import { execa } from "execa";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../support/guildnet.ts";

// The package as others install it.

/** Providers that are loaded once an entry of the package is imported and a component of it looked at. */
async function loadedBy(entry: string, component: string): Promise<string[]> {
  const script = `
    import { createRequire } from "node:module";
    const { ${component} } = await import("${entry}");
    if (typeof ${component} !== "function") throw new Error("no ${component}");
    const loaded = Object.keys(createRequire(import.meta.url).cache).map((file) => /node_modules\\/(@pulumi\\/[^/]+)\\//.exec(file)?.[1]);
    console.log(JSON.stringify([...new Set(loaded.filter((name) => name !== undefined))].sort()));
  `;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
  return JSON.parse(stdout) as string[];
}

beforeAll(async () => {
  await execa(process.execPath, [join(root, "components/build.mjs")], { cwd: root });
});

test("a workspace pulls in the providers of Kubernetes alone", async () => {
  expect(await loadedBy("guildnet", "Workspace")).toEqual(["@pulumi/kubernetes", "@pulumi/pulumi"]);
});

test("who takes Docker's or Tailscale's asks for it by name", async () => {
  expect(await loadedBy("guildnet/docker", "HeadscaleOnHost")).toContain("@pulumi/docker");
  expect(await loadedBy("guildnet/tailscale", "Tailnet")).toContain("@pulumi/tailscale");
});
