import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RandomSecret, UpstreamManifest } from "../../provider/sdk/index.ts";
import { accepted } from "../kube/accepted-findings.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import { GuildError } from "../kube/errors.ts";
import { appSelector } from "../kube/labels.ts";
import type { objectMeta } from "../kube/metadata.ts";
import { denyAll, toApiServer } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import type { PrivilegedName } from "../kube/privileged-namespaces.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images, manifests } from "../versions.ts";
import { poolMistakes } from "./address-pool.ts";
import type { AddressPool } from "./address-pool.ts";
import {
  CONTROLLER_APP,
  controllerDeployment,
  excludedInterfaces,
  SPEAKER_APP,
  speakerDaemonSet,
} from "./metallb-pods.ts";
import { accountOf } from "./metallb-rights.ts";

type Program = "controller" | "speaker";

/** What `transform` changes. */
export type LoadBalancerChildren = Record<`${Program}-account`, k8s.core.v1.ServiceAccountArgs> &
  Record<`${Program}-role`, k8s.rbac.v1.RoleArgs> &
  Record<`${Program}-binding`, k8s.rbac.v1.RoleBindingArgs> &
  Record<`${Program}-cluster-role`, k8s.rbac.v1.ClusterRoleArgs> &
  Record<`${Program}-cluster-binding`, k8s.rbac.v1.ClusterRoleBindingArgs> & {
    namespace: k8s.core.v1.NamespaceArgs;
    [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
    excluded: k8s.core.v1.ConfigMapArgs;
    memberlist: k8s.core.v1.SecretArgs;
    controller: k8s.apps.v1.DeploymentArgs;
    speaker: k8s.apps.v1.DaemonSetArgs;
    [pool: `pool-${string}`]: k8s.apiextensions.CustomResourceArgs;
    advertisement: k8s.apiextensions.CustomResourceArgs;
  };

export interface LoadBalancerArgs {
  /** Where Services get their addresses of: hosts of the network that the nodes are on, which nobody else gives out. */
  pools: readonly AddressPool[];
  cluster: Pick<ClusterAccess, "kubeconfig" | "endpoint">;
  /** Interfaces of the nodes to announce addresses on. @default all that are not of pods or containers */
  interfaces?: readonly string[];
  /** Whether nodes watch each other, so that another takes over an address in seconds when one dies; needless with one node. @default true */
  failover?: boolean;
  /** Definitions of MetalLB's kinds of objects, a file or folder of your own. @default upstream's, of the same version */
  definitions?: string;
  /** Images of MetalLB's two programs. @default upstream's */
  images?: { controller?: pulumi.Input<string>; speaker?: pulumi.Input<string> };
  /** PriorityClass of its pods, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<LoadBalancerChildren>;
}

/** Of the load balancer; pools in any other are another MetalLB's. */
export const LOAD_BALANCER_NAMESPACE = "guildnet-load-balancer" satisfies PrivilegedName;

/**
 * Gives Services of type LoadBalancer addresses of their own on the nodes' network: MetalLB in
 * layer 2 mode. One node at a time answers for an address; what arrives there goes to the pods
 * as any Service's traffic does. A Service names its pool in the annotation
 * `metallb.io/address-pool`, or gets an address of any that assigns by itself.
 *
 * The cluster must have nothing else that does the same: another MetalLB, or k3s' ServiceLB.
 * It is in a namespace of its own, so that another one's objects stay what they are. A node that is labelled
 * `node.kubernetes.io/exclude-from-external-load-balancers`, as kubeadm does with control
 * planes, announces nothing.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  /** Names of the pools, known once Services can get addresses of them. */
  declare readonly pools: pulumi.Output<string[]>;

  constructor(name: string, args: LoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    checkPools(name, args.pools);
    super(
      "guildnet:index:LoadBalancer",
      name,
      { reaches: "whoever uses an address of the load balancer: it may be away for some seconds" },
      transformed(name, args.transform, opts),
    );
    const place = ownNamespace(name, { app: "metallb", namespace: LOAD_BALANCER_NAMESPACE, level: "privileged" }, this);
    const ofController: Place = { ...place, app: CONTROLLER_APP },
      ofSpeaker: Place = { ...place, app: SPEAKER_APP };
    const controller = accountOf("controller", ofController),
      speaker = accountOf("speaker", ofSpeaker);
    // They hold for the controller; the speaker is on the nodes' network, where none does.
    networkPolicies(ofController, {
      "deny-all": denyAll,
      "to-api-server": toApiServer(args.cluster.endpoint, appSelector(CONTROLLER_APP)),
    });
    const definitions = new UpstreamManifest(
      `${name}-definitions`,
      {
        kubeconfig: args.cluster.kubeconfig,
        source: manifests.metallb,
        path: args.definitions,
      },
      { parent: this },
    );
    const excluded = new k8s.core.v1.ConfigMap(
      `${name}-excluded`,
      {
        metadata: metaIn(ofSpeaker, "metallb-excludel2"),
        data: excludedInterfaces,
      },
      { parent: this },
    );
    // Both end where they find no definitions.
    const alive = { parent: this, dependsOn: [definitions] };
    new k8s.apps.v1.Deployment(
      `${name}-controller`,
      {
        metadata: metaIn(ofController, "controller", accepted({ "api-token": "it writes addresses into Services" })),
        spec: controllerDeployment({
          image: args.images?.controller ?? images.metallb.controller,
          account: controller,
          priorityClass: args.priorityClass,
        }),
      },
      alive,
    );
    new k8s.apps.v1.DaemonSet(
      `${name}-speaker`,
      {
        metadata: metaIn(
          ofSpeaker,
          "speaker",
          accepted({
            "node-network": "it answers ARP on the nodes' own network through raw sockets",
            "api-token": "it follows Services and nodes",
          }),
        ),
        spec: speakerDaemonSet({
          image: args.images?.speaker ?? images.metallb.speaker,
          account: speaker,
          priorityClass: args.priorityClass,
          excluded: excluded.metadata.name,
          memberlist: (args.failover ?? true) ? memberlist(ofSpeaker) : undefined,
        }),
      },
      alive,
    );
    this.pools = addressPools(place, args, definitions);
    this.registerOutputs({ pools: this.pools });
  }
}

/** @throws GuildError with every mistake at once */
function checkPools(name: string, pools: readonly AddressPool[]): void {
  const mistakes = poolMistakes(pools).map(({ pool, entry, allowed, fix }) => {
    const where = `pools[${pool}]${entry === undefined ? "" : `.addresses[${entry}]`}`;
    return `${where}: found ${JSON.stringify(entry === undefined ? pools[pool]?.name : pools[pool]?.addresses[entry])}, allowed is ${allowed}; ${fix}`;
  });
  if (pools.length === 0) mistakes.push("pools: found none, allowed is one or more; add one");
  if (mistakes.length > 0)
    throw new GuildError("load-balancer-args", `load balancer "${name}": ${mistakes.join("; ")}`);
}

/** What speakers encrypt with what they tell each other. @returns its Secret's name */
function memberlist(place: Place): pulumi.Output<string> {
  const key = new RandomSecret(`${place.name}-memberlist-key`, {}, { parent: place.parent });
  const secret = new k8s.core.v1.Secret(
    `${place.name}-memberlist`,
    {
      metadata: metaIn(place, "memberlist"),
      stringData: { secretkey: pulumi.secret(key.value) },
    },
    { parent: place.parent },
  );
  return secret.metadata.name;
}

/** The pools, and that they are announced: without that a Service gets an address which nobody answers for. */
function addressPools(
  place: Place,
  { pools, interfaces }: LoadBalancerArgs,
  definitions: UpstreamManifest,
): pulumi.Output<string[]> {
  const opts = { parent: place.parent, dependsOn: [definitions] };
  const names = pulumi.all(
    pools.map((pool) => {
      const object: IPAddressPool = {
        apiVersion: API_VERSION,
        kind: "IPAddressPool",
        metadata: metaIn(place, pool.name),
        spec: poolSpec(pool),
      };
      return new k8s.apiextensions.CustomResource(`${place.name}-pool-${pool.name}`, object, opts).metadata.name;
    }),
  );
  const advertisement: L2Advertisement = {
    apiVersion: API_VERSION,
    kind: "L2Advertisement",
    metadata: metaIn(place, "guildnet"),
    spec: { ipAddressPools: names, interfaces },
  };
  new k8s.apiextensions.CustomResource(`${place.name}-advertisement`, advertisement, opts);
  return names;
}

const API_VERSION = "metallb.io/v1beta1";

type Meta = ReturnType<typeof objectMeta>;

/** https://metallb.universe.tf/apis/#ipaddresspool */
interface IPAddressPool {
  apiVersion: typeof API_VERSION;
  kind: "IPAddressPool";
  metadata: Meta;
  spec: { addresses: string[]; autoAssign: boolean };
}

/** https://metallb.universe.tf/apis/#l2advertisement */
interface L2Advertisement {
  apiVersion: typeof API_VERSION;
  kind: "L2Advertisement";
  metadata: Meta;
  spec: { ipAddressPools: pulumi.Input<string[]>; interfaces?: readonly string[] };
}

function poolSpec({ addresses, autoAssign }: AddressPool): IPAddressPool["spec"] {
  return { addresses: [...addresses], autoAssign: autoAssign ?? true };
}
