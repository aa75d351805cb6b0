import { createPrivateKey, randomBytes, randomInt } from "node:crypto";
import { createAuthority, createSigningKey, issueCertificate, type KeyPair } from "../pki/x509.ts";

/** All secrets of a Talos cluster, from which the config of each of its machines is made. PEM, keys as PKCS #8. */
export interface TalosSecrets {
  /** By which machines find each other, and what they encrypt on the way; base64 of 32 bytes each. */
  readonly cluster: { readonly id: string; readonly secret: string };
  /** A Kubernetes bootstrap token, and the key of what etcd has of Secrets (base64 of 32 bytes). */
  readonly bootstrapToken: string;
  readonly secretboxEncryptionSecret: string;
  /** With it machines ask trustd for their certificates. */
  readonly trustdToken: string;
  /** Signs for Talos' API; of Ed25519. */
  readonly os: KeyPair;
  readonly kubernetes: KeyPair;
  readonly aggregator: KeyPair;
  readonly etcd: KeyPair;
  readonly serviceAccountKeyPem: string;
}

/** What a client of Talos' API shows, and what it trusts. */
export interface TalosCredentials extends KeyPair {
  readonly caCertificatePem: string;
}

/** Of Talos' roles: all, read alone (and what is no secret of it), or taking snapshots of etcd alone. */
export type TalosRole = "os:admin" | "os:operator" | "os:reader" | "os:etcd:backup";

/** As long as Talos' own: to make them anew is a procedure of its own. */
const AUTHORITY_DAYS = 3650;
const TOKEN_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Makes a cluster's secrets, each at random. */
export async function generateSecrets(): Promise<TalosSecrets> {
  const [os, kubernetes, aggregator, etcd, serviceAccountKeyPem] = await Promise.all([
    createAuthority("talos", AUTHORITY_DAYS, undefined, "ed25519"),
    createAuthority("kubernetes", AUTHORITY_DAYS),
    createAuthority("front-proxy", AUTHORITY_DAYS),
    createAuthority("etcd", AUTHORITY_DAYS),
    createSigningKey(),
  ]);
  return {
    // The id alone is in URLs, and so of their alphabet; padded, as Talos decodes it.
    cluster: { id: bytes().replaceAll("+", "-").replaceAll("/", "_"), secret: bytes() },
    bootstrapToken: token(),
    secretboxEncryptionSecret: bytes(),
    trustdToken: token(),
    os,
    kubernetes,
    aggregator,
    etcd,
    serviceAccountKeyPem,
  };
}

/** Lets a client into the API of all machines of the cluster. */
export async function issueCredentials(
  { os }: Pick<TalosSecrets, "os">,
  role: TalosRole,
  validityDays: number,
): Promise<TalosCredentials> {
  const pair = await issueCertificate(os, {
    commonName: "guildnet",
    organizations: [role],
    validityDays,
    usages: ["client"],
  });
  return { ...pair, caCertificatePem: os.certificatePem };
}

/** A key under the label and in the form by which Talos tells kinds of keys apart. */
export function talosKey(pkcs8Pem: string): string {
  const key = createPrivateKey(pkcs8Pem);
  if (key.asymmetricKeyType === "ec") return key.export({ type: "sec1", format: "pem" }).toString();
  return pkcs8Pem.replaceAll("PRIVATE KEY", "ED25519 PRIVATE KEY");
}

/** A key that Talos or its tools wrote, as everything else reads it: Talos' label of Ed25519 keys is its own. */
export function fromTalosKey(pem: string): string {
  return createPrivateKey(pem.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"))
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}

function bytes(): string {
  return randomBytes(32).toString("base64");
}

/** As kubeadm makes them. */
function token(): string {
  const part = (length: number): string =>
    Array.from({ length }, () => TOKEN_CHARACTERS[randomInt(TOKEN_CHARACTERS.length)]).join("");
  return `${part(6)}.${part(16)}`;
}
