import * as pulumi from "@pulumi/pulumi";

export interface CertificateAuthorityArgs {
  /** Name people see when they trust it, for instance "GuildNet dev CA". It is what it was at first: with another name it would be another authority. */
  commonName: pulumi.Input<string>;
  /**
   * Names and addresses it may sign for, with all below them: whoever gets its key can pose as nothing else. Changing
   * them keeps its key, and makes another certificate, which is to be trusted for what is new. An authority that was
   * made without any stays as it is. @default any
   */
  permitted?: pulumi.Input<{
    dnsNames: pulumi.Input<pulumi.Input<string>[]>;
    /** Addresses, or networks such as "10.0.0.0/8". */
    ipAddresses: pulumi.Input<pulumi.Input<string>[]>;
  }>;
  /** Days from creation. @default 3650 */
  validityDays?: pulumi.Input<number>;
}

/** A certificate authority (ECDSA P-256) whose key lives, encrypted, in the stack's state. */
export class CertificateAuthority extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** PKCS #8 PEM. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:CertificateAuthority",
      name,
      { validityDays: 3650, ...args, certificatePem: undefined, privateKeyPem: undefined },
      { ...opts, additionalSecretOutputs: ["privateKeyPem"] },
    );
  }
}

export interface CertificateArgs {
  /** Certificate of the authority that signs, PEM. */
  caCertificatePem: pulumi.Input<string>;
  /** Its key, PKCS #8 PEM. */
  caPrivateKeyPem: pulumi.Input<string>;
  commonName: pulumi.Input<string>;
  /** DNS names it is valid for; wildcards cover one label. */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Days from issue; browsers refuse more than 398. @default 397 */
  validityDays?: pulumi.Input<number>;
  /** What it is shown for. An authority with `permitted` names signs for servers alone. @default ["server"] */
  usages?: ("server" | "client")[];
}

/**
 * A server certificate signed by an authority of the guild. Any `up` within the last third
 * of its life shows and applies a renewal.
 */
export class Certificate extends pulumi.CustomResource {
  /** PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** PKCS #8 PEM. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "guildnet:index:Certificate",
      name,
      {
        validityDays: 397,
        dnsNames: [],
        ipAddresses: [],
        ...args,
        certificatePem: undefined,
        privateKeyPem: undefined,
      },
      { ...opts, additionalSecretOutputs: ["privateKeyPem", "caPrivateKeyPem"] },
    );
  }
}
