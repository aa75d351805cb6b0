import type * as pulumi from "@pulumi/pulumi";

/** Pages of a system of the guild: the portal leads whoever is signed in to them, on a host of their own, and tells the system who that is. `Notes` has some. */
export interface SystemPages {
  /** What stands before the apps domain. No workspace and no app may be called so. */
  readonly label: string;
  /** What the portal calls them. */
  readonly title: string;
  /** Its name in the cluster, which its certificate is for; it listens at port 443 there. */
  readonly host: string;
  /** Where it listens in its pods. */
  readonly pods: { readonly app: string; readonly namespace: string; readonly port: number };
  /** What a statement of who is signed in names as whom it is for. */
  readonly audience: string;
  /** What such statements are signed with, base64url. Secret. */
  readonly key: pulumi.Input<string>;
  /** Changes with the key. Not secret. */
  readonly keyVersion: pulumi.Input<string>;
  /** PEM of the authority that its certificate is from. */
  readonly caCertificate: pulumi.Input<string>;
}
