import * as pulumi from "@pulumi/pulumi";

/** How to speak to a Headscale server's REST API. */
export interface HeadscaleServer {
  /** For instance "https://headscale.example.org". */
  url: pulumi.Input<string>;
  /** API key. Kept secret. */
  apiKey: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default the system's authorities */
  caCertificatePem?: pulumi.Input<string>;
}

export interface HeadscaleApiKeyArgs {
  /** kubeconfig of the cluster the server runs in. Kept secret. */
  kubeconfig: pulumi.Input<string>;
  /** Context of it. @default its current one */
  context?: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  /** What selects the server's pod, for instance "app.kubernetes.io/name=headscale". */
  labelSelector: pulumi.Input<string>;
  /** Container of that pod. */
  container: pulumi.Input<string>;
  /** Days from creation. @default 90 */
  expirationDays?: pulumi.Input<number>;
  /** Days before its end when an `up` makes a new one. @default 30 */
  renewBeforeDays?: pulumi.Input<number>;
}

/** A key to a server's API, made inside its pod: the one thing that API can't make for whoever has no key yet. */
export class HeadscaleApiKey extends pulumi.CustomResource {
  /** Secret. */
  declare readonly key: pulumi.Output<string>;
  /** Its first characters, by which the server lists it. */
  declare readonly prefix: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly expiration: pulumi.Output<string>;

  constructor(name: string, args: HeadscaleApiKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscaleApiKey", name,
      { expirationDays: 90, renewBeforeDays: 30, ...args, kubeconfig: pulumi.secret(args.kubeconfig), key: undefined, prefix: undefined, expiration: undefined },
      { ...opts, additionalSecretOutputs: ["key", "kubeconfig"] });
  }
}

export interface HeadscaleUserArgs {
  server: HeadscaleServer;
  /** A DNS label. */
  name: pulumi.Input<string>;
  displayName?: pulumi.Input<string>;
  email?: pulumi.Input<string>;
}

/** Somebody whom devices belong to. */
export class HeadscaleUser extends pulumi.CustomResource {
  declare readonly userId: pulumi.Output<string>;

  constructor(name: string, args: HeadscaleUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscaleUser", name, { ...args, server: sealed(args.server), userId: undefined }, opts);
  }
}

export interface HeadscalePreAuthKeyArgs {
  server: HeadscaleServer;
  userId: pulumi.Input<string>;
  /** What devices that join with it are, for instance ["tag:router"]. */
  tags: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether more than one device may join with it. @default false */
  reusable?: pulumi.Input<boolean>;
  /** Whether its devices are forgotten once they are gone. @default false */
  ephemeral?: pulumi.Input<boolean>;
  /** Hours from creation. */
  expirationHours: pulumi.Input<number>;
  /** Hours before its end when an `up` makes a new one. @default a third of its life */
  renewBeforeHours?: pulumi.Input<number>;
  /** Whether an `up` after it was used makes a new one. @default false */
  renewWhenUsed?: pulumi.Input<boolean>;
  /** Changing it makes a new key and ends the old one. @default 1 */
  generation?: pulumi.Input<number>;
}

/** A key by which devices join without a person. */
export class HeadscalePreAuthKey extends pulumi.CustomResource {
  /** Secret. */
  declare readonly key: pulumi.Output<string>;
  declare readonly keyId: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly expiration: pulumi.Output<string>;

  constructor(name: string, args: HeadscalePreAuthKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscalePreAuthKey", name,
      { ...args, server: sealed(args.server), key: undefined, keyId: undefined, expiration: undefined },
      { ...opts, additionalSecretOutputs: ["key"] });
  }
}

export interface HeadscalePolicyArgs {
  server: HeadscaleServer;
  /** The policy as JSON; it replaces the server's whole policy. */
  policy: pulumi.Input<string>;
}

/** Who may reach what on a mesh. */
export class HeadscalePolicy extends pulumi.CustomResource {
  constructor(name: string, args: HeadscalePolicyArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscalePolicy", name, { ...args, server: sealed(args.server) }, opts);
  }
}

function sealed(server: HeadscaleServer): HeadscaleServer {
  return { ...server, apiKey: pulumi.secret(server.apiKey) };
}
