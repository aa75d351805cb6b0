import { nodeSpec, type NodeSpec } from "../node/spec.ts";

/** Inputs of a node as a program gives them, all valid. */
export const inputs = {
  clusterName: "guild-test",
  clusterIdentifier: "0b8f1d3e-52b3-4c5e-9a53-6d7d7b0a1f11",
  kubernetesVersion: "1.36.3",
  apiPort: 16443,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
};

export function specWith(changes: Record<string, unknown> = {}): NodeSpec {
  return nodeSpec.parse({ ...inputs, ...changes });
}
