import * as pulumi from "@pulumi/pulumi";
import { tcp, udp } from "./network-policy.ts";
import type { Policy, Port } from "./network-policy.ts";

// Rows that several programs have in the table of who may reach whom.

/** IPv4 ranges that are not the internet: private, shared, loopback, link-local with the metadata services, for examples, former relays of IPv6, for benchmarks, multicast, reserved. https://www.iana.org/assignments/iana-ipv4-special-registry */
export const NOT_INTERNET_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** The same for IPv6: loopback, translated IPv4, unique local, link-local, multicast. Mapped IPv4 is never on a wire, and the API server refuses it. */
export const NOT_INTERNET_V6 = ["::1/128", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8"];

/** DNS pods listen at 53, or higher where they run without privileges; policies see the pod's port, not the Service's. */
const DNS_PORTS = [53, 1053];

/** Ports API servers commonly listen at behind their Service; policies see those. */
export const API_PORTS = [443, 6443];

/** Every way in or out is closed unless another policy names it. */
export const denyAll: Policy = { from: [], to: [] };

/** Out: to the cluster's DNS. */
export const toDns = {
  to: [
    {
      peers: [{ pods: { "k8s-app": "kube-dns" }, namespace: "kube-system" }],
      ports: DNS_PORTS.flatMap((port) => [...udp(port), ...tcp(port)]),
    },
  ],
} as const satisfies Policy;

/** In: from wherever it is reached, in the cluster or outside. */
export function fromAnywhere(pods: Policy["pods"], ports: readonly Port[]): Policy {
  return { pods, from: [{ ports }] };
}

/**
 * Out: to the API server, which is no pod and can only be told by its port.
 * @param endpoint its URL; undefined where its port is one of the common ones
 */
export function toApiServer(endpoint?: pulumi.Input<string>, pods?: Policy["pods"]): Policy {
  return {
    pods,
    to: [
      { ports: tcp(...API_PORTS, ...(endpoint === undefined ? [] : [pulumi.output(endpoint).apply(endpointPort)])) },
    ],
  };
}

/** Port of an API server's URL. */
export function endpointPort(endpoint: string): number {
  const { port, protocol } = new URL(endpoint);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}

/** What a namespace may reach outside of its cluster: the internet, nothing, or these networks alone, of which "0.0.0.0/0" is the internet. */
export type Internet = boolean | readonly string[];

/** The whole internet, in a list of networks. */
export const INTERNET = "0.0.0.0/0";

/** The policy for what a namespace may reach outside, by its name; none where that is nothing. */
export function toOutside(internet: Internet): { "to-internet"?: Policy } {
  if (internet === true) return { "to-internet": toInternet };
  return internet === false || internet.length === 0 ? {} : { "to-internet": toNetworks(internet) };
}

/** Out: to these networks, private ones too. */
function toNetworks(networks: readonly string[]): Policy {
  const peers = networks.flatMap((network) =>
    network === INTERNET
      ? [
          { network, except: NOT_INTERNET_V4 },
          { network: "::/0", except: NOT_INTERNET_V6 },
        ]
      : [{ network }],
  );
  return { to: [{ peers }] };
}

/** Out: to the internet, and to nothing that is private to a network or a cloud. */
export const toInternet = toNetworks([INTERNET]);
