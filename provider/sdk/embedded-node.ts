import * as pulumi from "@pulumi/pulumi";
import { lan } from "../node/layout.ts";

export { notedClaims, volumeOwners, volumesFolder } from "../node/kept-homes.ts";
export { nodeFolder } from "../node/layout.ts";
export { withCredentials } from "../node/proxy-sign-in.ts";
export { reservedBytes, roomForOthers, volumeFile } from "../node/volume-file.ts";
import { PREVIEWED } from "../previewed.ts";

/** The node's LAN unless it is told otherwise, and the bridge that it is. */
export const nodeLan = lan;

/** A port of this machine that leads to a NodePort of the cluster. */
export interface PublishedPort {
  /** Address of this machine to listen on. @default "127.0.0.1" */
  hostAddress?: pulumi.Input<string>;
  /** Port of this machine, 1–65535. */
  hostPort: pulumi.Input<number>;
  /** NodePort of the Service it leads to, 30000–32767. */
  nodePort: pulumi.Input<number>;
  /** Whether each connection begins with a line that tells whose it is (the PROXY protocol, version 1). @default false: all seem to come from the node */
  announceVisitors?: pulumi.Input<boolean>;
}

/** A registry inside the cluster that the node pulls images from. */
export interface NodeRegistry {
  /** First part of its images' references, a host name without a port. */
  host: pulumi.Input<string>;
  /** IPv4 address of its Service, where it answers HTTPS at 443. */
  address: pulumi.Input<string>;
  /** PEM of the authority that its certificate is from. */
  caCertificatePem: pulumi.Input<string>;
}

/** A forward proxy, by which alone the internet is reached. */
export interface NodeProxy {
  /** Where addresses with `https://` are asked for, as "http://proxy.example.org:3128". */
  https: pulumi.Input<string>;
  /** The same for `http://`. @default that for `https://` */
  http?: pulumi.Input<string>;
  /** Host names, addresses and networks that are asked without it; those of the node always are. @default none */
  exclude?: pulumi.Input<readonly string[]>;
  /** "user:password" for it. Secret. @default none */
  credentials?: pulumi.Input<string>;
}

export interface EmbeddedNodeArgs {
  /** Unique on this machine, a DNS label of at most 50 characters: names its folder, host name and cgroup. It stays for the node's life: another is refused. */
  clusterName: pulumi.Input<string>;
  /** Kubernetes version the node runs, for instance "1.36.3". */
  kubernetesVersion: pulumi.Input<string>;
  /** Port on 127.0.0.1 where this machine reaches the API server. */
  apiPort: pulumi.Input<number>;
  /** Addresses of pods, for instance "10.244.0.0/16". A node keeps those that it was made with. */
  podCidr: pulumi.Input<string>;
  /** Addresses of Services, for instance "10.96.0.0/16"; DNS answers at its tenth. A node keeps those that it was made with. */
  serviceCidr: pulumi.Input<string>;
  /** Addresses of the node's own LAN, a bridge `lan0` inside its network; the node has the first one. @default "198.19.0.0/24" */
  lanCidr?: pulumi.Input<string>;
  /** Ports published on this machine. @default none */
  publish?: pulumi.Input<pulumi.Input<PublishedPort>[]>;
  /** Registries inside the cluster to pull from. @default none */
  registries?: pulumi.Input<pulumi.Input<NodeRegistry>[]>;
  /** The proxy by which it pulls images. @default none but what the environment of the engine names */
  proxy?: pulumi.Input<NodeProxy>;
  /** Keep the volumes' files when the node is deleted, to be found again by the next node of this name. @default true */
  keepVolumes?: pulumi.Input<boolean>;
  /** That volumes will be files of their size (`Storage`'s `sizes`), which this machine then has to be able to mount. @default they won't */
  volumeSizes?: pulumi.Input<"reserved">;
}

/**
 * A Kubernetes node and its control plane as processes of this machine, in namespaces of
 * their own: bridge, nftables, routes and service addresses are inside, and what the host
 * sees is a set of ports on its loopback. Needs root and Linux.
 *
 * A stopped node shows as an update in the preview: applying starts it with its data.
 */
export class EmbeddedNode extends pulumi.CustomResource {
  declare readonly clusterName: pulumi.Output<string>;
  /** Administrator's kubeconfig as YAML. Secret. */
  declare readonly kubeconfig: pulumi.Output<string>;
  /** `https://127.0.0.1:<apiPort>` */
  declare readonly endpoint: pulumi.Output<string>;
  /** Stays the same for the life of the node's data, whatever its credentials: use it as `clusterIdentifier`. Known in previews. */
  declare readonly clusterIdentifier: pulumi.Output<string>;

  constructor(name: string, args: EmbeddedNodeArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { kubeconfig: undefined, endpoint: undefined, clusterIdentifier: undefined };
    super(
      "guildnet:index:EmbeddedNode",
      name,
      { keepVolumes: true, publish: [], ...args, ...outputs, [PREVIEWED]: pulumi.runtime.isDryRun() },
      {
        ...opts,
        additionalSecretOutputs: ["kubeconfig", ...(opts?.additionalSecretOutputs ?? [])],
      },
    );
  }
}
