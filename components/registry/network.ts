import type * as k8s from "@pulumi/kubernetes";
import { appSelector } from "../kube/labels.ts";
import type { RegistryIdentity } from "./identity.ts";
import { REGISTRY_PORT, TOKEN_PORT } from "./settings.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

const ports = [REGISTRY_PORT, TOKEN_PORT].map((port) => ({ protocol: "TCP", port }));

/** In: pods and nodes alike, and a node is nothing that a policy can name. */
export function fromCluster(): Spec {
  return { podSelector: { matchLabels: appSelector("registry") }, policyTypes: ["Ingress"], ingress: [{ ports }] };
}

/** Out of a workspace: to the registry and its tokens. */
export function toRegistry({ namespace }: RegistryIdentity): Spec {
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{
      to: [{
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        podSelector: { matchLabels: appSelector("registry") },
      }],
      ports,
    }],
  };
}
