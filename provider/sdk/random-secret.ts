import * as pulumi from "@pulumi/pulumi";

export interface RandomSecretArgs {
  /** Bytes of randomness, 16–1024. Changing it makes a new secret. @default 32 */
  bytes?: pulumi.Input<number>;
}

/** A random value, generated once and kept encrypted in the stack's state. */
export class RandomSecret extends pulumi.CustomResource {
  /** base64url without padding. Secret. */
  declare readonly value: pulumi.Output<string>;

  constructor(name: string, args: RandomSecretArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:RandomSecret",
      name,
      { bytes: 32, ...args, value: undefined },
      { ...opts, additionalSecretOutputs: ["value"] },
    );
  }
}
