import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "./labels.ts";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** IPv4 ranges that are not the internet: private, shared, loopback, link-local with the metadata services, for examples, former relays of IPv6, for benchmarks, multicast, reserved. https://www.iana.org/assignments/iana-ipv4-special-registry */
export const NOT_INTERNET_V4 = [
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
  "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
];

/** The same for IPv6: loopback, translated IPv4, unique local, link-local, multicast. Mapped IPv4 is never on a wire, and the API server refuses it. */
export const NOT_INTERNET_V6 = ["::1/128", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8"];

/** DNS pods listen at 53, or higher where they run without privileges; policies see the pod's port, not the Service's. */
const DNS_PORTS = [53, 1053];

/** Every way in or out is closed unless another policy names it. */
export function denyAll(): Spec {
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
}

/** In: from the portal, to the IDE and to the ports the workspace declares. */
export function fromPortal(portalNamespace: pulumi.Input<string>, ports: readonly number[]): Spec {
  return {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [{
      from: [{
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": portalNamespace } },
        podSelector: { matchLabels: appSelector("portal") },
      }],
      ports: ports.map((port) => ({ protocol: "TCP", port })),
    }],
  };
}

/** Out: to the cluster's DNS. */
export function toDns(): Spec {
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{
      to: [{
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      }],
      ports: DNS_PORTS.flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }))),
    }],
  };
}

/** What a place may reach outside of its cluster: the internet, nothing, or these networks alone, of which "0.0.0.0/0" is the internet. */
export type Internet = boolean | readonly string[];

/** The whole internet, in a list of networks. */
export const INTERNET = "0.0.0.0/0";

/** The policy for what a place may reach outside, by its name; none where that is nothing. */
export function toOutside(internet: Internet): { "to-internet"?: Spec } {
  if (internet === true) return { "to-internet": toInternet() };
  return internet === false || internet.length === 0 ? {} : { "to-internet": toNetworks(internet) };
}

/** Out: to the internet, and to nothing that is private to a network or a cloud. */
export function toInternet(): Spec {
  return toNetworks([INTERNET]);
}

/** Out: to these networks, private ones too. */
function toNetworks(networks: readonly string[]): Spec {
  const to = networks.flatMap((cidr) => (cidr === INTERNET
    ? [{ ipBlock: { cidr, except: NOT_INTERNET_V4 } }, { ipBlock: { cidr: "::/0", except: NOT_INTERNET_V6 } }]
    : [{ ipBlock: { cidr } }]));
  return { podSelector: {}, policyTypes: ["Egress"], egress: [{ to }] };
}
