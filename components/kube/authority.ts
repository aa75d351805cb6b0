import type * as pulumi from "@pulumi/pulumi";

/** An authority that signs certificates. `CertificateAuthority` satisfies it. */
export interface Authority {
  /** PEM. */
  readonly certificatePem: pulumi.Input<string>;
  /** PKCS #8 PEM. */
  readonly privateKeyPem: pulumi.Input<string>;
}
