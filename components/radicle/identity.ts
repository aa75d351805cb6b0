import type * as pulumi from "@pulumi/pulumi";

/** Who the seed is inside a cluster: the ServiceAccount that workspaces let read by which password they say who they are. */
export interface RadicleIdentity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * What a workspace needs of a seed. `RadicleSeed` satisfies it; so does a plain object, with which a workspace doesn't
 * wait for the seed to be there.
 */
export interface RadicleAccess {
  /** The guild's image of Radicle, whose programs a workspace takes. */
  readonly image: pulumi.Input<string>;
  /** Name that the seed answers to. */
  readonly host: string;
  /** PEM of the authority that its certificate is from. */
  readonly caCertificate: pulumi.Input<string>;
  readonly identity: RadicleIdentity;
}

/** Fixed names, as the registry's are. */
export const radicleIdentity: RadicleIdentity = { namespace: "guildnet-radicle", serviceAccount: "radicle" };

export const RADICLE_APP = "radicle";

/** Resolved by the cluster's DNS, whatever its domain is called. */
export const radicleHost = `seed.${radicleIdentity.namespace}.svc`;
