import { KubeConfig } from "@kubernetes/client-node";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ActionableError } from "../errors.ts";
import { guildnetHome } from "../node/layout.ts";

/**
 * Reads a kubeconfig.
 *
 * @param text YAML or JSON.
 * @param context of it. @default its current one
 * @throws ActionableError `kubeconfig-incomplete`.
 */
export function readKubeconfig(text: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(text);
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new ActionableError(
      "kubeconfig-incomplete",
      `the kubeconfig has no cluster for its context ${JSON.stringify(config.getCurrentContext())}`,
    );
  return nodeOfThisMachine(cluster) ?? config;
}

/**
 * The kubeconfig as of now of an embedded node, known by its authority: what is deleted is deleted by what the state says,
 * and there the node may have another port, which it left in the same run.
 */
function nodeOfThisMachine({ server, caData }: { server: string; caData?: string }): KubeConfig | undefined {
  const clusters = join(guildnetHome(), "clusters");
  if (caData === undefined || !server.startsWith("https://127.0.0.1:") || !existsSync(clusters)) return undefined;
  return readdirSync(clusters)
    .map((name) => join(clusters, name, "kubeconfig"))
    .filter((file) => existsSync(file))
    .map((file) => {
      const config = new KubeConfig();
      config.loadFromString(readFileSync(file, "utf8"));
      return config;
    })
    .find((config) => config.getCurrentCluster()?.caData === caData);
}
