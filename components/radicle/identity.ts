import { hkdfSync } from "node:crypto";
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
  /** Secret that workspaces' identities are made from: whoever has it can sign as any of them. */
  readonly identityKey: pulumi.Input<string>;
}

/** Fixed names, as the registry's are. */
export const radicleIdentity: RadicleIdentity = { namespace: "guildnet-radicle", serviceAccount: "radicle" };

export const RADICLE_APP = "radicle";

/** Resolved by the cluster's DNS, whatever its domain is called. */
export const radicleHost = `seed.${radicleIdentity.namespace}.svc`;

const BYTES = 32;

/**
 * What a workspace's key is made from: the same whenever it is made anew, and another for another person's of that name.
 * @param key the guild's
 * @returns hexadecimal, as RAD_KEYGEN_SEED is read
 */
export function keySeed(key: string, workspace: string, owner: string): string {
  // HKDF (RFC 5869) without a salt: the key is random enough.
  return Buffer.from(hkdfSync("sha256", key, "", `guildnet radicle ${owner}/${workspace}`, BYTES)).toString("hex");
}
