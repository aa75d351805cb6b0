import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "../kube/labels.ts";
import { API_PORTS } from "../portal/network-policies.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** UDP port of a node's encrypted traffic. */
export const WIREGUARD_PORT = 41641;

/** In: to an app's ports, from wherever its Service is reached. */
export function fromAnywhere(app: string, ports: readonly { port: number; protocol: "TCP" | "UDP" }[]): Spec {
  return {
    podSelector: { matchLabels: appSelector(app) },
    policyTypes: ["Ingress"],
    ingress: [{ ports: ports.map(({ port, protocol }) => ({ protocol, port })) }],
  };
}

/** In: from routers of any namespace, to an app's ports. */
export function fromRouters(app: string, routers: string, ports: readonly { port: number; protocol: "TCP" | "UDP" }[]): Spec {
  return {
    podSelector: { matchLabels: appSelector(app) },
    policyTypes: ["Ingress"],
    ingress: [{
      from: [{ namespaceSelector: {}, podSelector: { matchLabels: appSelector(routers) } }],
      ports: ports.map(({ port, protocol }) => ({ protocol, port })),
    }],
  };
}

/** Out: to every pod (policies see a pod where a Service was asked for) and the API server, to further networks it routes to, and to the mesh itself. */
export function fromRouter(app: string, { networks, loginPort }: { networks: readonly pulumi.Input<string>[]; loginPort: pulumi.Input<number> }): Spec {
  return {
    podSelector: { matchLabels: appSelector(app) },
    policyTypes: ["Egress"],
    egress: [
      { to: [{ namespaceSelector: {} }] },
      ...(networks.length === 0 ? [] : [{ to: networks.map((cidr) => ({ ipBlock: { cidr } })) }]),
      // API server, login server and relays, wherever they are; devices that are reached directly have any address and port.
      { ports: [...[...API_PORTS, loginPort].map((port) => ({ protocol: "TCP", port })), { protocol: "UDP", port: 1024, endPort: 65535 }] },
    ],
  };
}
