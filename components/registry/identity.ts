import type * as pulumi from "@pulumi/pulumi";

/** Who the registry is inside a cluster: the ServiceAccount that workspaces let read their push password. */
export interface RegistryIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * What a workspace needs to push to a registry. `Registry` satisfies it; so does a plain
 * object, with which a workspace doesn't wait for the registry to be there.
 */
export interface RegistryAccess {
  /** First part of its images' references, without a port, for instance "registry.guildnet-registry.svc". */
  readonly host: string;
  /** PEM of the authority that its certificate is from. */
  readonly caCertificate: pulumi.Input<string>;
  readonly identity: RegistryIdentity;
}

/** Fixed names, as the portal's are. */
export const registryIdentity: RegistryIdentity = { namespace: "guildnet-registry", serviceAccount: "registry" };

/** Resolved by the cluster's DNS, whatever its domain is called; nodes are told its address. */
export const registryHost = `registry.${registryIdentity.namespace}.svc`;
