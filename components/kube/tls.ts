import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../provider/sdk/index.ts";
import type { Authority } from "./authority.ts";
import { issuedCertificate } from "./certificate-issuer.ts";
import type { CertificateIssuer } from "./certificate-issuer.ts";
import { metaIn } from "./place.ts";
import type { Place } from "./place.ts";

export interface ServerCertificateArgs {
  /** Signs it. */
  authority: Authority;
  /** Renews it while its server runs, instead. @default any `up` renews it */
  issuer?: CertificateIssuer;
  /** The first is its subject. */
  dnsNames: [string, ...string[]];
  ipAddresses?: string[];
  /** Of the Secrets' names. @default "" */
  prefix?: string;
}

export interface ServerCertificate {
  /** Name of the Secret, with `tls.crt` and `tls.key`. */
  secret: pulumi.Output<string>;
  /** What is mounted for good, so that a pod has to start anew for another. */
  readAtStart: Certificate[];
}

/** A server's certificate: child `<place>-certificate`, and `<place>-tls` where the program itself signs it. */
export function serverCertificate(
  place: Place,
  { authority, issuer, dnsNames, ipAddresses, prefix = "" }: ServerCertificateArgs,
): ServerCertificate {
  const name = `${place.name}-certificate`,
    { parent } = place;
  if (issuer !== undefined)
    return {
      secret: issuedCertificate(
        name,
        { issuer, meta: metaIn(place, `${prefix}server-tls`), dnsNames, ipAddresses },
        parent,
      ),
      readAtStart: [],
    };
  const certificate = new Certificate(
    name,
    {
      caCertificatePem: authority.certificatePem,
      caPrivateKeyPem: authority.privateKeyPem,
      commonName: dnsNames[0],
      dnsNames,
      ...(ipAddresses && { ipAddresses }),
    },
    { parent },
  );
  return { secret: tlsSecret(place, "tls", certificate, prefix), readAtStart: [certificate] };
}

/** A certificate with its key. */
export interface KeyPair {
  readonly certificatePem: pulumi.Input<string>;
  readonly privateKeyPem: pulumi.Input<string>;
}

/** Child `<place>-<name>`. @returns the Secret's name */
export function tlsSecret(
  place: Place,
  name: string,
  { certificatePem, privateKeyPem }: KeyPair,
  prefix = "",
): pulumi.Output<string> {
  return new k8s.core.v1.Secret(
    `${place.name}-${name}`,
    {
      metadata: metaIn(place, `${prefix}${name}`),
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": certificatePem, "tls.key": pulumi.secret(privateKeyPem) },
    },
    { parent: place.parent },
  ).metadata.name;
}
