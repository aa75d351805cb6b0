import type * as pulumi from "@pulumi/pulumi";

/** A line of a pod's hosts file. */
export interface HostAlias {
  ip: pulumi.Input<string>;
  hostnames: pulumi.Input<string>[];
}

/** What a key lets join. */
export interface AuthKeyRequest {
  /** What the devices are, for instance ["tag:router"]; the policy speaks of these. */
  tags: string[];
  /** Whether more than one device may join with it, or one device again after it lost its state. @default false */
  reusable?: boolean;
  /** Whether its devices are forgotten once they are gone. @default false */
  ephemeral?: boolean;
  /** Hours from creation; a device that has joined stays. @default 2160, ninety days */
  expirationHours?: number;
  /** Raising it makes a new key and ends the old one. @default 1 */
  generation?: number;
}

/** Hours a key lives unless asked otherwise. */
export const KEY_HOURS = 2160;

/**
 * All that the layers above need of a mesh network, however it came to be: made here
 * (`Headscale`, `HeadscaleOnHost`), there already (`ExistingHeadscale`), or Tailscale's own (`Tailnet`).
 */
export interface Mesh {
  /** Plain on purpose: it decides which resources exist. */
  readonly kind: "headscale" | "existing" | "tailnet";
  /** URL that clients log in at; undefined for Tailscale's own. */
  readonly loginServer?: pulumi.Input<string>;
  /** Domain of the devices' names, for instance "mesh.guildnet.internal". */
  readonly baseDomain: pulumi.Input<string>;
  /** PEM of the authority that clients must trust for the login server; undefined where the system's authorities do. */
  readonly caCertificate?: pulumi.Input<string>;
  /** How pods of the cluster find the login server where no DNS of theirs knows it. */
  readonly hostAliases?: readonly HostAlias[];
  /**
   * Makes a key by which a device joins, as a resource of its own called `name`.
   * @param opts its `parent` is whoever needs the key
   * @returns the key, secret
   */
  authKey(name: string, request: AuthKeyRequest, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;
}

/** Tags the guild's own policy knows. */
export const tag = {
  /** A device that advertises networks; its routes need nobody's approval. */
  router: "tag:router",
  /** A device that may use what the guild offers. */
  client: "tag:client",
} as const;
