import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSIONS } from "../versions.ts";
import { archiveSource } from "./archive-source.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild } from "./go-build.ts";
import { machineSource } from "./machine-source.ts";
import type { Source } from "./source.ts";

const pinned = VERSIONS.pulumi;
const HOST_SOURCE = fileURLToPath(new URL("../language-host/", import.meta.url));
const HOST = "pulumi-language-nodejs";
const HOST_PRELOAD = "preload";
/** The dynamic provider's launcher; the official archive has it beside the CLI, the npm package brings it too. */
const DYNAMIC_PROVIDER = "pulumi-resource-pulumi-nodejs";

/** The CLI from its module, and beside it what the archive would bring: the engine warns about a host from elsewhere. */
const registries: Source = {
  kind: "registries",
  available: async () => true,
  async provide(folder, context) {
    const bin = join(folder, "bin");
    await goBuild(
      {
        module: "pulumi",
        command: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pinned.version}` },
        output: join(bin, "pulumi"),
      },
      context,
    );
    await bundleLanguageHost(bin);
    const sdk = createRequire(import.meta.url).resolve(`@pulumi/pulumi/${DYNAMIC_PROVIDER}`);
    copyFileSync(sdk, join(bin, DYNAMIC_PROVIDER));
  },
};

/** Files without a module to resolve: they start in half the time, and serve programs of any checkout. */
async function bundleLanguageHost(bin: string): Promise<void> {
  const { build } = await import("esbuild");
  await build({
    entryPoints: { [HOST]: join(HOST_SOURCE, "main.ts"), [HOST_PRELOAD]: join(HOST_SOURCE, "preload.ts") },
    outdir: bin,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "silent",
  });
  renameSync(join(bin, `${HOST}.cjs`), join(bin, HOST));
  chmodSync(join(bin, HOST), 0o755);
}

/** The Pulumi CLI, its engine, and the host that runs Node programs. */
export const pulumi = folderTool({
  name: "pulumi",
  title: `Pulumi ${pinned.version}`,
  version: pinned.version,
  revision: hostRevision(),
  files: ["bin/pulumi", `bin/${HOST}`, `bin/${DYNAMIC_PROVIDER}`],
  sources: [
    machineSource([
      { program: "pulumi", args: ["version"], accepts: (output) => output.trim() === `v${pinned.version}` },
      { program: HOST, args: ["--version"], accepts: (output) => output.includes(pinned.version) },
      { program: DYNAMIC_PROVIDER, args: ["--help"], accepts: () => true },
    ]),
    ...archiveSource(pinned, { into: "bin", strip: 1 }),
    registries,
  ],
});

/** Eight hex digits over the host's source: a change of it is another tool. */
function hostRevision(): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(HOST_SOURCE)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(HOST_SOURCE, file)));
  }
  return hash.digest("hex").slice(0, 8);
}
