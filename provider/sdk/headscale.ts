import * as pulumi from "@pulumi/pulumi";

/** How to speak to a Headscale server's REST API. */
export interface HeadscaleServer {
  /** `https://host` or `https://host:port`. Names below `.localhost` are this machine. */
  url: pulumi.Input<string>;
  /** An API key of the server. Kept secret. */
  apiKey: pulumi.Input<string>;
  /** The authority that signed the server's certificate, PEM; it alone is trusted then. @default the authorities Node trusts */
  caCertificatePem?: pulumi.Input<string>;
}

export interface HeadscaleApiKeyArgs {
  /** kubeconfig of the cluster the server runs in, YAML. Kept secret. */
  kubeconfig: pulumi.Input<string>;
  /** Context of the kubeconfig. @default its current one */
  context?: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  /** Finds the server's pod, for instance "app.kubernetes.io/name=headscale". */
  labelSelector: pulumi.Input<string>;
  /** Container of that pod, with the `headscale` program on its PATH. */
  container: pulumi.Input<string>;
  /** Its REST API. Where that is reached from here, each `up` asks it whether the key still holds, and the pod only where it says no. @default the pod is asked each time */
  api?: pulumi.Input<Omit<HeadscaleServer, "apiKey">>;
  /** Days from creation. Changing it replaces the key. @default 90 */
  expirationDays?: pulumi.Input<number>;
  /** Days before its end from which on any `up` makes another. @default 30 */
  renewBeforeDays?: pulumi.Input<number>;
}

/**
 * A key to a Headscale server's REST API. The first one can be made only by the server's own
 * program, so each is made by it, in its pod.
 *
 * A key that is near its end, or that the server does not know, shows as a replacement: the new
 * one is made first, and the old one ends when nothing uses it any more. Deleting the resource
 * ends the key; where the pod is gone there is nothing to end.
 */
export class HeadscaleApiKey extends pulumi.CustomResource {
  /** Secret. */
  declare readonly key: pulumi.Output<string>;
  /** First characters of the key, by which the server lists it. */
  declare readonly prefix: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly expiration: pulumi.Output<string>;

  constructor(name: string, args: HeadscaleApiKeyArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = { key: undefined, prefix: undefined, expiration: undefined };
    super(
      "guildnet:index:HeadscaleApiKey",
      name,
      { expirationDays: 90, renewBeforeDays: 30, ...args, kubeconfig: pulumi.secret(args.kubeconfig), ...outputs },
      { ...opts, additionalSecretOutputs: ["key", "kubeconfig", ...(opts?.additionalSecretOutputs ?? [])] },
    );
  }
}

export interface HeadscaleUserArgs {
  server: pulumi.Input<HeadscaleServer>;
  /** 2 to 63 lower-case letters, digits, hyphens and dots. Changing it renames the user. */
  name: pulumi.Input<string>;
  /** Changing it makes the user anew, which the provider refuses while it has nodes. @default none */
  displayName?: pulumi.Input<string>;
  /** Changing it makes the user anew, which the provider refuses while it has nodes. @default none */
  email?: pulumi.Input<string>;
}

/**
 * A user of a Headscale server, to whom nodes belong. One that is there already under that name
 * is taken over with its nodes, and its keys are ended. Deleting it ends its keys and takes its nodes off the mesh.
 */
export class HeadscaleUser extends pulumi.CustomResource {
  /** The server's number for the user, as text. */
  declare readonly userId: pulumi.Output<string>;

  constructor(name: string, args: HeadscaleUserArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscaleUser", name, { ...args, server: sealed(args.server), userId: undefined }, opts);
  }
}

export interface HeadscalePreAuthKeyArgs {
  server: pulumi.Input<HeadscaleServer>;
  /** `userId` of the `HeadscaleUser` to whom nodes that join with the key belong. */
  userId: pulumi.Input<string>;
  /** What nodes that join with it are, for instance ["tag:router"]; the policy must know each. */
  tags: pulumi.Input<pulumi.Input<string>[]>;
  /** Whether more than one node may join with it. @default false */
  reusable?: pulumi.Input<boolean>;
  /** Whether nodes that joined with it are forgotten once they are gone. @default false */
  ephemeral?: pulumi.Input<boolean>;
  /** Hours from creation. */
  expirationHours: pulumi.Input<number>;
  /** Hours before its end from which on any `up` makes another. @default a third of `expirationHours` */
  renewBeforeHours?: pulumi.Input<number>;
  /** Whether any `up` makes another once a key for one node was used; otherwise that one may end in peace. @default false */
  renewWhenUsed?: pulumi.Input<boolean>;
  /** Count it up to make another key by hand. @default 1 */
  generation?: pulumi.Input<number>;
}

/**
 * A key with which nodes join without a person. Changing what it is, or a renewal that is due,
 * makes another and ends the one before; nodes that joined with it stay. Deleting the resource ends the key.
 */
export class HeadscalePreAuthKey extends pulumi.CustomResource {
  /** Secret. */
  declare readonly key: pulumi.Output<string>;
  /** The server's number for the key, as text. */
  declare readonly keyId: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly expiration: pulumi.Output<string>;

  constructor(name: string, args: HeadscalePreAuthKeyArgs, opts?: pulumi.CustomResourceOptions) {
    const defaults = { reusable: false, ephemeral: false, renewWhenUsed: false, generation: 1 };
    const outputs = { key: undefined, keyId: undefined, expiration: undefined };
    super(
      "guildnet:index:HeadscalePreAuthKey",
      name,
      { ...defaults, ...args, server: sealed(args.server), ...outputs },
      { ...opts, additionalSecretOutputs: ["key", ...(opts?.additionalSecretOutputs ?? [])] },
    );
  }
}

export interface HeadscalePolicyArgs {
  server: pulumi.Input<HeadscaleServer>;
  /** JSON or HuJSON; what it says counts, not how it is laid out. See https://tailscale.com/kb/1337/policy-syntax */
  policy: pulumi.Input<string>;
}

/**
 * The whole policy of a Headscale server whose settings say `policy.mode: database`: who may reach
 * what, who approves routes. A server has one, so give it one of these. Deleting the resource leaves
 * the policy in force: without any, everybody could reach everything.
 */
export class HeadscalePolicy extends pulumi.CustomResource {
  constructor(name: string, args: HeadscalePolicyArgs, opts?: pulumi.CustomResourceOptions) {
    super("guildnet:index:HeadscalePolicy", name, { ...args, server: sealed(args.server) }, opts);
  }
}

/** With its key secret. Field by field where that can be, so that one of them being unknown in a preview does not hide the others. */
function sealed(server: pulumi.Input<HeadscaleServer>): pulumi.Input<HeadscaleServer> {
  const seal = ({ url, apiKey, caCertificatePem }: HeadscaleServer): HeadscaleServer => ({
    url,
    apiKey: pulumi.secret(apiKey),
    caCertificatePem,
  });
  return server instanceof Promise || pulumi.Output.isInstance(server)
    ? pulumi.output(server).apply(seal)
    : seal(server);
}
