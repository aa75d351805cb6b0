import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "./metadata.ts";
import type { MetaArgs } from "./metadata.ts";

/**
 * Who signs certificates inside a cluster, and renews them: an issuer of cert-manager.
 * `Certificates` has one; so does a plain object for a cert-manager that is there already.
 */
export interface CertificateIssuer {
  /** Known once it can be asked, so that what asks it waits for it. */
  readonly name: pulumi.Input<string>;
  /** An Issuer signs in its own namespace alone. */
  readonly kind: "ClusterIssuer" | "Issuer";
  /** PEM of the authority that clients have to trust; undefined where every system trusts it. */
  readonly caCertificate?: pulumi.Input<string>;
}

export interface IssuedCertificateArgs {
  issuer: CertificateIssuer;
  /** Metadata of the Certificate object; the Secret has its labels. */
  meta: MetaArgs;
  /** The first is its subject. */
  dnsNames: [string, ...string[]];
  ipAddresses?: string[];
}

/** Longest common name of a certificate (RFC 5280, ub-common-name). */
const COMMON_NAME_LENGTH = 64;

/**
 * A certificate that cert-manager makes, keeps in a Secret of its own name and renews when two
 * thirds of its life are over, with a new key. It is waited for: without it no pod could start.
 *
 * @returns name of the Secret, which has `tls.crt`, `tls.key` and, from an authority of one's own, `ca.crt`
 */
export function issuedCertificate(
  name: string,
  { issuer, meta, dnsNames, ipAddresses = [] }: IssuedCertificateArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const certificate = new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      metadata: objectMeta({ ...meta, annotations: { ...meta.annotations, "pulumi.com/waitFor": "condition=Ready" } }),
      spec: {
        secretName: meta.name,
        secretTemplate: { labels: meta.labels ?? {} },
        issuerRef: { group: "cert-manager.io", kind: issuer.kind, name: issuer.name },
        ...(dnsNames[0].length > COMMON_NAME_LENGTH ? {} : { commonName: dnsNames[0] }),
        dnsNames,
        ...(ipAddresses.length === 0 ? {} : { ipAddresses }),
        // What `CertificateAuthority` signs with as well; every client of ours takes it.
        privateKey: { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" },
        usages: ["digital signature", "server auth"],
      },
    },
    { parent },
  );
  return certificate.metadata.name;
}
