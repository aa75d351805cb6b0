import * as pulumi from "@pulumi/pulumi";

export interface DryRunArgs {
  /** kubeconfig of the cluster, YAML. Kept secret. */
  kubeconfig: pulumi.Input<string>;
  /** Context of the kubeconfig. @default its current one */
  context?: pulumi.Input<string>;
  /** An object of the kind that others wait to be made of. */
  object: pulumi.Input<{
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
    spec?: unknown;
  }>;
  /** Seconds for which it is tried. @default 120 */
  timeoutSeconds?: pulumi.Input<number>;
}

/**
 * Made once the API server takes an object on trial; nothing is kept in the cluster. What asks an
 * admission webhook depends on it: a webhook whose pod is ready is still not trusted until its authority is
 * written into its configuration, nor reached until its Service leads to the pod, and an object that
 * comes in between is refused.
 */
export class DryRun extends pulumi.CustomResource {
  constructor(name: string, args: DryRunArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:DryRun",
      name,
      { timeoutSeconds: 120, ...args, kubeconfig: pulumi.secret(args.kubeconfig) },
      { ...opts, additionalSecretOutputs: ["kubeconfig", ...(opts?.additionalSecretOutputs ?? [])] },
    );
  }
}
