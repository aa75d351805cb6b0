import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { EmbeddedNode, imageReference, NodeImage, nodeLan } from "../../provider/sdk/index.ts";
import type { NodeProxy, NodeRegistry, PublishedPort } from "../../provider/sdk/index.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import type { Proxy } from "../kube/forward-proxy.ts";
import type { ImageSource } from "../kube/image-supply.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images, kubernetesVersion } from "../versions.ts";
import { ClusterDns } from "./dns.ts";
import type { ClusterDnsArgs } from "./dns.ts";
import { clusterProvider } from "./existing-cluster.ts";

/** What `transform` changes. */
export interface EmbeddedClusterChildren {
  kubernetes: k8s.ProviderArgs;
}

export interface EmbeddedClusterArgs {
  /** Port on 127.0.0.1 where this machine reaches the API server. @default 8091 */
  apiPort?: pulumi.Input<number>;
  /** Addresses of pods. A node keeps those that it was made with. @default "10.244.0.0/16" */
  podCidr?: string;
  /** Addresses of Services. A node keeps those that it was made with. @default "10.96.0.0/16" */
  serviceCidr?: string;
  /** Addresses of the node's own LAN, a bridge that nothing outside of the cluster is on. @default "198.19.0.0/24" */
  lanCidr?: string;
  /** NodePorts that this machine publishes. @default none */
  publish?: PublishedPort[];
  /** Registries inside the cluster that the node pulls from. @default none */
  registries?: NodeRegistry[];
  /** The proxy by which the node pulls images. @default none but what the environment of the engine names */
  proxy?: Proxy;
  /** Images the node shall have, by a short name; `images` tells when they are there. */
  images?: Record<string, ImageSource>;
  /** Keep the volumes' files when the cluster is destroyed. @default true */
  keepVolumes?: pulumi.Input<boolean>;
  /** That `Storage` on it will be told `sizes: "reserved"`, for which the machine is tried before anything is made. @default it won't */
  volumeSizes?: "reserved";
  /** Changes its children before they are made. @default none */
  transform?: Transforms<EmbeddedClusterChildren> & { readonly dns?: ClusterDnsArgs["transform"] };
}

/**
 * A real Kubernetes cluster of one node, as processes of this machine (Linux, root).
 *
 * Its pods are on a bridge, and kube-router's controller has iptables enforce their NetworkPolicies.
 */
export class EmbeddedCluster extends pulumi.ComponentResource implements ClusterAccess {
  readonly kind = "embedded";
  declare readonly kubeconfig: pulumi.Output<string>;
  declare readonly endpoint: pulumi.Output<string>;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** The node's own LAN, for addresses of a `LoadBalancer`, and the interface it is on. */
  readonly lanCidr: string;
  readonly lanInterface = nodeLan.bridge;
  /** The class that the `Storage` component provides. */
  readonly storageClass = "local-path";
  /** Where on the node volumes belong: the folder that `keepVolumes` keeps. */
  readonly volumesPath = "/run/guildnet/volumes";
  readonly provider: k8s.Provider;
  readonly machine: EmbeddedNode;
  /** References of `args.images`, each known once its image is linked into the node. */
  readonly images: Record<string, pulumi.Output<string>>;

  constructor(name: string, args: EmbeddedClusterArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:EmbeddedCluster", name, {}, transformed(name, args.transform, opts));
    this.podCidr = args.podCidr ?? "10.244.0.0/16";
    this.serviceCidr = args.serviceCidr ?? "10.96.0.0/16";
    this.lanCidr = args.lanCidr ?? nodeLan.cidr;
    this.machine = new EmbeddedNode(
      `${name}-node`,
      {
        clusterName: embeddedClusterName(pulumi.getProject(), pulumi.getStack(), name),
        kubernetesVersion,
        apiPort: args.apiPort ?? 8091,
        podCidr: this.podCidr,
        serviceCidr: this.serviceCidr,
        lanCidr: this.lanCidr,
        publish: args.publish ?? [],
        registries: args.registries,
        proxy: nodeProxy(args.proxy),
        keepVolumes: args.keepVolumes ?? true,
        volumeSizes: args.volumeSizes,
      },
      { parent: this },
    );
    this.kubeconfig = this.machine.kubeconfig;
    this.endpoint = this.machine.endpoint;

    const pause = nodeImage(name, "pause", { reference: images.pause }, this);
    const coredns = nodeImage(name, "coredns", { reference: images.coredns }, this);
    this.images = nodeImages(name, args.images ?? {}, [pause, coredns], this);

    this.provider = clusterProvider(
      name,
      { kubeconfig: this.kubeconfig, identity: this.machine.clusterIdentifier },
      {
        parent: this,
        deletedWith: this.machine,
        dependsOn: [pause], // no pod starts without it
      },
    );
    new ClusterDns(
      `${name}-dns`,
      { image: coredns.reference, serviceCidr: this.serviceCidr, transform: args.transform?.dns },
      {
        parent: this,
        provider: this.provider,
        deletedWith: this.machine,
      },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig, endpoint: this.endpoint, images: this.images });
  }
}

/** The node is in no network that NetworkPolicies close, so that it need not be told where the proxy is. */
function nodeProxy(proxy: Proxy | undefined): NodeProxy | undefined {
  if (proxy === undefined) return undefined;
  const { https, http, exclude, credentials } = proxy;
  return {
    https,
    http,
    exclude: [...(exclude ?? [])],
    credentials: credentials === undefined ? undefined : pulumi.secret(credentials),
  };
}

/** @param before what all but the first ones wait for, beside those */
function nodeImages(
  name: string,
  sources: Record<string, ImageSource>,
  before: readonly NodeImage[],
  parent: EmbeddedCluster,
): EmbeddedCluster["images"] {
  const made: Record<string, NodeImage> = {};
  const makeAll = (first: boolean, dependsOn: NodeImage[]): void => {
    for (const [key, source] of Object.entries(sources))
      if ((source.first ?? false) === first) made[key] = nodeImage(name, key, source, parent, dependsOn);
  };
  makeAll(true, []);
  makeAll(false, [...before, ...Object.values(made)]);
  return Object.fromEntries(Object.entries(made).map(([key, image]) => [key, image.reference]));
}

function nodeImage(
  name: string,
  key: string,
  source: ImageSource,
  parent: EmbeddedCluster,
  dependsOn: NodeImage[] = [],
): NodeImage {
  const args =
    "context" in source
      ? {
          reference: imageReference(key, source.context, source.buildArgs),
          context: source.context,
          buildArgs: source.buildArgs,
        }
      : { reference: source.reference };
  return new NodeImage(
    `${name}-image-${key}`,
    { cluster: parent.machine.clusterName, ...args },
    {
      parent,
      dependsOn,
      deletedWith: parent.machine,
      // A new node has the old one's name and none of its images.
      replaceWith: [parent.machine],
    },
  );
}

/** Longest name an `EmbeddedNode` takes. */
const NAME_LENGTH = 50;

/**
 * A name that is this cluster's alone on the machine, as a DNS label. What doesn't fit or
 * isn't allowed in one is replaced by a hash, so that two stacks never share a name.
 */
export function embeddedClusterName(project: string, stack: string, component: string): string {
  const full = `${project}-${stack}-${component}`;
  const plain = full
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (plain === full && plain.length <= NAME_LENGTH) return plain;
  const hash = createHash("sha256").update(full).digest("hex").slice(0, 8);
  return `${plain.slice(0, NAME_LENGTH - 9).replace(/-+$/, "")}-${hash}`;
}
