import { nodeSpec, type NodeSpec } from "../node/spec.ts";

/** Inputs of a node as a program gives them, all valid. */
export const inputs = {
  clusterName: "guild-test",
  kubernetesVersion: "1.36.3",
  apiPort: 16443,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
};

export function specWith(changes: Record<string, unknown> = {}): NodeSpec {
  return nodeSpec.parse({ ...inputs, ...changes });
}
