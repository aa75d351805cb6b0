/** The example stack that makes a cluster for other stacks to join, on ports of its own. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { examplePorts, guildnet, home, mustGuildnet, stackFiles, type StackConfig } from "./guildnet.ts";

const example = {
  project: "guildnet-example-embedded-cluster",
  folder: "examples/embedded-cluster",
  stack: "machines",
} as const;
export const exampleCluster = join(home, "clusters", `${example.project}-${example.stack}-lab`);
/** The stack that joins it. */
export const joined = "joined";

/** Brings the example's cluster up. @returns what a guild that joins it has in its config */
export async function upExample(): Promise<StackConfig> {
  const settings = { apiPort: examplePorts.api, portalPort: examplePorts.portal };
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`${example.project}:${key}`, value]),
  );
  mkdirSync(stackFiles, { recursive: true });
  writeFileSync(join(stackFiles, `Pulumi.${example.stack}.yaml`), stringify({ config }));
  await engine("up", "--yes", "--skip-preview");
  const text = await engine("stack", "output", "--json");
  const { guildImages } = JSON.parse(text.slice(text.indexOf("{"))) as {
    guildImages: { workspace: string; portal: string };
  };
  return {
    cluster: { kind: "existing", kubeconfigPath: join(exampleCluster, "kubeconfig") },
    images: guildImages,
    portal: { port: examplePorts.portal, service: "NodePort" },
  };
}

function engine(...args: string[]): Promise<string> {
  return mustGuildnet("pulumi", ["-C", example.folder, ...args], example.stack);
}

/** Removes the example's cluster, and with it all that was put on it. */
export async function removeExample(): Promise<void> {
  if (existsSync(join(home, "state/.pulumi/stacks/guildnet", `${joined}.json`)))
    await mustGuildnet("pulumi", ["stack", "rm", "--yes", "--force"], joined);
  const { exitCode, all } = await guildnet("destroy", ["--data", "--cwd", example.folder], example.stack);
  if (exitCode !== 0) throw new Error(`the example's cluster could not be removed:\n${all}`);
}
