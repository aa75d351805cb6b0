import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { VERSIONS } from "../versions.ts";
import { archiveSource } from "./archive-source.ts";
import { folderTool } from "./folder-tool.ts";
import { goBuild, type Go } from "./go-build.ts";
import type { Source } from "./source.ts";

const pinned = VERSIONS["pulumi-kubernetes"];
const MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const PROGRAM = "pulumi-resource-kubernetes";

const registries: Source = {
  kind: "registries",
  available: async () => true,
  provide: (folder, context) =>
    goBuild(
      {
        module: "pulumi-kubernetes",
        command: ".",
        variables: { [`${MODULE}/pkg/version.Version`]: `v${pinned.version}` },
        output: join(folder, "bin", PROGRAM),
        prepare: writeEmbeddedFiles,
      },
      context,
    ),
};

/** The two files upstream's build generates: the schema with the release's version in it, and the Terraform mapping. */
async function writeEmbeddedFiles(directory: string, go: Go): Promise<void> {
  const { Dir: module } = JSON.parse(await go("mod", "download", "-json", MODULE)) as { Dir: string };
  const upstream = join(module, "cmd", PROGRAM);
  const schema = JSON.parse(readFileSync(join(upstream, "schema.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(join(directory, "schema.json"), JSON.stringify({ ...schema, version: pinned.version }));
  copyFileSync(join(upstream, "terraform-mapping.json"), join(directory, "terraform-mapping.json"));
}

/** The copy that some other use of Pulumi on this machine has installed. */
const installed = join(homedir(), ".pulumi", "plugins", `resource-kubernetes-v${pinned.version}`, PROGRAM);
const machine: Source = {
  kind: "machine",
  available: async () => existsSync(installed),
  async provide(folder) {
    mkdirSync(join(folder, "bin"), { recursive: true });
    symlinkSync(installed, join(folder, "bin", PROGRAM));
  },
};

/** Pulumi's Kubernetes provider. */
export const pulumiKubernetes = folderTool({
  name: "pulumi-kubernetes",
  title: `Pulumi's Kubernetes plugin ${pinned.version}`,
  version: pinned.version,
  files: [`bin/${PROGRAM}`],
  sources: [machine, ...archiveSource(pinned, { into: "bin", strip: 0 }), registries],
});
