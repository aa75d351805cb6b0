import type * as pulumi from "@pulumi/pulumi";

/** Pods by which a program is told from all others in a cluster. */
export interface PodIdentity {
  readonly namespace: string;
  /** Their program, as labels call it. */
  readonly app: string;
}

/** Fixed names, not outputs: what a tunnel leads to lets it in before it is there. */
export const tunnelIdentity: PodIdentity = { namespace: "guildnet-tunnel", app: "tunnel" };

/** Where a tunnel ends in the cluster: what serves each published name, and decides by it. The portal's `published` is one. */
export interface TunnelEnd {
  /** DNS name and port of its Service; the pods behind it listen at the same port. */
  readonly host: string;
  readonly port: number;
  readonly pods: PodIdentity;
  /** PEM of the authority that signed its certificate. @default one that every system trusts */
  readonly caCertificate?: pulumi.Input<string>;
}
