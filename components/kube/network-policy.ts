import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appSelector } from "./labels.ts";
import type { MetaArgs } from "./metadata.ts";
import { metaIn } from "./place.ts";
import type { Place } from "./place.ts";

/** Whom traffic comes from, or goes to. */
export type Peer =
  /** Pods with these labels, of one namespace or of any. */
  | { readonly pods: Readonly<Record<string, string>>; readonly namespace?: pulumi.Input<string> }
  /** All pods of the namespaces that have a label of this key. */
  | { readonly namespacesWith: string }
  /** A network, without parts of it. */
  | { readonly network: pulumi.Input<string>; readonly except?: readonly string[] }
  /** Every pod of the cluster. */
  | "pods";

/** Port of a pod, not of its Service: policies are asked once the Service's address was translated. */
export interface Port {
  readonly protocol: "TCP" | "UDP";
  readonly port: pulumi.Input<number>;
  /** Last of a range that begins at `port`. */
  readonly endPort?: number;
}

/** What may pass. */
export interface Traffic {
  /** @default whoever there is, in the cluster and outside */
  readonly peers?: readonly Peer[];
  /** @default all */
  readonly ports?: readonly Port[];
}

/**
 * Who may reach some pods, and whom they may reach. A direction that is named is closed but for
 * what is named in it; of several policies for the same pods, what any of them allows may pass.
 */
export interface Policy {
  /** Labels of the pods it is for. @default every pod of the namespace */
  readonly pods?: Readonly<Record<string, string>>;
  readonly from?: readonly Traffic[];
  readonly to?: readonly Traffic[];
}

/** All policies of a namespace, by name: the rows of one program in the table of who may reach whom. */
export type Policies = Readonly<Record<string, Policy>>;

/** Pods of a program of ours, in one namespace or in any. */
export function program(app: string, namespace?: pulumi.Input<string>): Peer {
  return { pods: appSelector(app), namespace };
}

export function tcp(...ports: readonly pulumi.Input<number>[]): Port[] {
  return ports.map((port) => ({ protocol: "TCP", port }));
}

export function udp(...ports: readonly pulumi.Input<number>[]): Port[] {
  return ports.map((port) => ({ protocol: "UDP", port }));
}

/** The policy as Kubernetes takes it. */
export function policySpec({ pods, from, to }: Policy): k8s.types.input.networking.v1.NetworkPolicySpec {
  const ingress = from
    ?.filter(isSome)
    .map(({ peers, ports }) => ({ ...(peers && { from: peers.map(peerSpec) }), ...(ports && { ports: [...ports] }) }));
  const egress = to
    ?.filter(isSome)
    .map(({ peers, ports }) => ({ ...(peers && { to: peers.map(peerSpec) }), ...(ports && { ports: [...ports] }) }));
  return {
    podSelector: pods === undefined ? {} : { matchLabels: pods },
    policyTypes: [...(ingress ? ["Ingress"] : []), ...(egress ? ["Egress"] : [])],
    ...(ingress?.length ? { ingress } : {}),
    ...(egress?.length ? { egress } : {}),
  };
}

/** Kubernetes takes an empty list for everybody, and for every port; here it is nobody and none. */
function isSome({ peers, ports }: Traffic): boolean {
  return peers?.length !== 0 && ports?.length !== 0;
}

function peerSpec(peer: Peer): k8s.types.input.networking.v1.NetworkPolicyPeer {
  if (peer === "pods") return { namespaceSelector: {} };
  if ("network" in peer) return { ipBlock: { cidr: peer.network, ...(peer.except && { except: [...peer.except] }) } };
  if ("namespacesWith" in peer)
    return { namespaceSelector: { matchExpressions: [{ key: peer.namespacesWith, operator: "Exists" }] } };
  // One entry: two would be all pods of the namespace, and such pods of any.
  return {
    namespaceSelector:
      peer.namespace === undefined ? {} : { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } },
    podSelector: { matchLabels: peer.pods },
  };
}

/** The one place where NetworkPolicies are made. */
export function networkPolicy(
  name: string,
  meta: MetaArgs,
  policy: Policy,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  return new k8s.networking.v1.NetworkPolicy(name, { metadata: meta, spec: policySpec(policy) }, opts);
}

/**
 * Children `<place>-network-<policy>`, whose objects are called as the policies are.
 * @param prefix of the objects' names
 */
export function networkPolicies(
  place: Place,
  policies: Policies,
  { prefix = "", annotations = {} }: { prefix?: string; annotations?: Record<string, string> } = {},
): k8s.networking.v1.NetworkPolicy[] {
  return Object.entries(policies).map(([name, policy]) =>
    networkPolicy(`${place.name}-network-${name}`, metaIn(place, `${prefix}${name}`, annotations), policy, {
      parent: place.parent,
    }),
  );
}
