import { KubeConfig } from "@kubernetes/client-node";
import { ActionableError } from "../errors.ts";

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
  if (config.getCurrentCluster() === null) throw new ActionableError("kubeconfig-incomplete", `the kubeconfig has no cluster for its context ${JSON.stringify(config.getCurrentContext())}`);
  return config;
}
