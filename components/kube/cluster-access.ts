import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ImageSupply } from "./image-supply.ts";

/**
 * All that the layers above need of a cluster, however it came to be. The cluster
 * components satisfy it; so does a plain object in another stack.
 */
export interface ClusterAccess {
  /** Plain on purpose: it decides which resources exist. */
  readonly kind: "embedded" | "talos" | "existing";
  /** kubeconfig as YAML or JSON. Secret. */
  readonly kubeconfig: pulumi.Input<string>;
  /** URL of the API server, for instance "https://127.0.0.1:8091". */
  readonly endpoint: pulumi.Input<string>;
  /** Addresses of pods and Services; undefined where nobody said. */
  readonly podCidr?: pulumi.Input<string>;
  readonly serviceCidr?: pulumi.Input<string>;
  /** StorageClass for volumes; undefined means the cluster's own default. */
  readonly storageClass?: pulumi.Input<string>;
  /** The images it was given, as pods name them. */
  readonly images: ImageSupply;
  /** The one Kubernetes provider of this cluster; components above get it as an option and inherit it. */
  readonly provider: k8s.Provider;
  /**
   * What everything in the cluster perishes with. Given as `deletedWith` to the components
   * above, so that destroying the machine doesn't first delete its objects one by one.
   */
  readonly machine?: pulumi.Resource;
}
