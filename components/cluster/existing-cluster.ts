import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ImageRegistry } from "../../provider/sdk/index.ts";
import type { ClusterAccess } from "../kube/cluster-access.ts";
import type { ImageSource, ImageSupply } from "../kube/image-supply.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { pulledImages } from "./pulled-images.ts";

/** What `transform` changes. */
export interface ExistingClusterChildren {
  kubernetes: k8s.ProviderArgs;
}

export interface ExistingClusterArgs {
  /** kubeconfig with everything in it: no paths to files. Kept secret. */
  kubeconfig: pulumi.Input<string>;
  /** Context of it to use. @default its current context */
  context?: pulumi.Input<string>;
  /** URL of its API server. */
  endpoint: pulumi.Input<string>;
  /** A name that stays the same for the life of the cluster, whatever its credentials and addresses. */
  identity: pulumi.Input<string>;
  /**
   * Whether the stack is known to be in this very cluster already: what the state knows it by stays then, whatever
   * `identity` says, since another would replace every object. @default false
   */
  isKnown?: boolean;
  /** StorageClass for volumes. @default the cluster's own default */
  storageClass?: pulumi.Input<string>;
  /** Addresses of its pods. @default unknown */
  podCidr?: pulumi.Input<string>;
  /** Addresses of its Services. @default unknown */
  serviceCidr?: pulumi.Input<string>;
  /** Images that pods will name, by a short name; `images` tells as what. @default none */
  images?: Record<string, ImageSource>;
  /** Where those of them that are built here are pushed to. Its nodes must be able to pull from it. @default nowhere, so that only upstream's can be had */
  registry?: ImageRegistry;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<ExistingClusterChildren>;
}

/** A cluster that somebody else keeps; nothing of the cluster itself is made or changed. Its nodes pull their images. */
export class ExistingCluster extends pulumi.ComponentResource implements ClusterAccess {
  readonly kind = "existing";
  declare readonly kubeconfig: pulumi.Output<string>;
  declare readonly endpoint: pulumi.Output<string>;
  readonly storageClass?: pulumi.Input<string>;
  readonly podCidr?: pulumi.Input<string>;
  readonly serviceCidr?: pulumi.Input<string>;
  /** References of `args.images`: upstream's as they are, and what is built here by its digest, known once it is pushed. */
  readonly images: ImageSupply;
  readonly provider: k8s.Provider;

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guildnet:index:ExistingCluster", name, {}, transformed(name, args.transform, opts));
    this.kubeconfig = pulumi.secret(args.kubeconfig);
    this.endpoint = pulumi.output(args.endpoint);
    this.storageClass = args.storageClass;
    this.podCidr = args.podCidr;
    this.serviceCidr = args.serviceCidr;
    this.images = pulledImages(name, args.images ?? {}, args.registry, this);
    this.provider = clusterProvider(name, { ...args, kubeconfig: this.kubeconfig }, { parent: this });
    this.registerOutputs({ kubeconfig: this.kubeconfig, endpoint: this.endpoint });
  }
}

interface ProviderSettings {
  kubeconfig: pulumi.Input<string>;
  context?: pulumi.Input<string>;
  identity: pulumi.Input<string>;
  isKnown?: boolean;
}

/** The one Kubernetes provider of a cluster, named `<name>-kubernetes`. */
export function clusterProvider(name: string, settings: ProviderSettings, opts: pulumi.ResourceOptions): k8s.Provider {
  return new k8s.Provider(
    `${name}-kubernetes`,
    {
      kubeconfig: settings.kubeconfig,
      context: settings.context,
      // By its own heuristics the provider is replaced, and with it every object, when a credential changes.
      clusterIdentifier: settings.identity,
      enableServerSideApply: true,
      // Objects have fixed names: replacing one would delete it before the new one is there.
      enableConfigMapMutable: true,
      enableSecretMutable: true,
    },
    { ...opts, ignoreChanges: settings.isKnown === true ? ["clusterIdentifier"] : [] },
  );
}
