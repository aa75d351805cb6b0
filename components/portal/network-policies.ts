import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appSelector, label } from "../kube/labels.ts";
import { PORTAL_PORT } from "./deployment.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** Ports API servers commonly listen at behind their Service; policies see those. */
export const API_PORTS = [443, 6443];

/** In: browsers, from wherever the Service is reached. */
export function fromBrowsers(): Spec {
  return {
    podSelector: { matchLabels: appSelector("portal") },
    policyTypes: ["Ingress"],
    ingress: [{ ports: [{ protocol: "TCP", port: PORTAL_PORT }] }],
  };
}

/** Out: to the pods of workspaces and apps, whatever ports they declare. */
export function toWorkspaces(): Spec {
  return {
    podSelector: { matchLabels: appSelector("portal") },
    policyTypes: ["Egress"],
    egress: [{ to: [label.workspace, label.app].map((key) => ({ namespaceSelector: { matchExpressions: [{ key, operator: "Exists" }] } })) }],
  };
}

/** Out: to the API server, which is no pod and can only be told by its port; undefined where that is one of the common ones. */
export function toApiServer(endpoint: pulumi.Input<number> | undefined, app = "portal"): Spec {
  return {
    podSelector: { matchLabels: appSelector(app) },
    policyTypes: ["Egress"],
    egress: [{ ports: [...API_PORTS, ...(endpoint === undefined ? [] : [endpoint])].map((port) => ({ protocol: "TCP", port })) }],
  };
}

/** Port of an API server's URL. */
export function endpointPort(endpoint: string): number {
  const { port, protocol } = new URL(endpoint);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}
