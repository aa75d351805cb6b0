import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from "@peculiar/asn1-x509";
import * as x509 from "@peculiar/x509";
import type { webcrypto } from "node:crypto";
import { ActionableError } from "../errors.ts";

/** A certificate with its key: PEM, the key as PKCS #8. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads these as the groups of a user. */
  readonly organizations?: readonly string[];
}

/** What an authority may sign for, and nothing else. */
export interface PermittedNames {
  /** Each with all names below it. */
  readonly dnsNames: readonly string[];
  /** Addresses, or networks such as "10.0.0.0/8". */
  readonly ipAddresses: readonly string[];
}

export interface LeafOptions extends Subject {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly validityDays: number;
  /** @default server */
  readonly usages?: readonly ("server" | "client")[];
}

/** What authorities sign with, and the certificates below them. */
export type KeyKind = "ecdsa" | "ed25519";

const algorithms = { ecdsa: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, ed25519: { name: "Ed25519" } };
const day = 24 * 60 * 60 * 1000;
/** Clocks of other machines run behind: certificates are valid from this long ago. */
const clockSkew = 5 * 60 * 1000;

/**
 * @param permitted where it is to be trusted by browsers: whoever gets its key can pose as nobody else then. @default any name
 * @param kind of its key, and of those that it signs certificates for; browsers know no "ed25519". @default "ecdsa"
 */
export async function createAuthority(
  commonName: string,
  validityDays: number,
  permitted?: PermittedNames,
  kind: KeyKind = "ecdsa",
): Promise<KeyPair> {
  const keys = await generateKeys(kind);
  return {
    certificatePem: await selfSigned(keys, nameOf({ commonName }), validity(validityDays), permitted),
    privateKeyPem: await exportKey(keys.privateKey),
  };
}

/**
 * The same authority with other names: its key, its name and its end stay, so that what it signed before is valid by either
 * certificate, and whoever trusts the old one goes on to trust it for the names that one has.
 */
export async function permitOtherNames(authority: KeyPair, permitted: PermittedNames): Promise<KeyPair> {
  const before = new x509.X509Certificate(authority.certificatePem);
  const keys = {
    privateKey: await importKey(authority.privateKeyPem, kindOf(before)),
    publicKey: await before.publicKey.export(algorithms[kindOf(before)], ["verify"]),
  };
  const certificatePem = await selfSigned(
    keys,
    before.subjectName,
    { notBefore: before.notBefore, notAfter: before.notAfter },
    permitted,
  );
  return { certificatePem, privateKeyPem: authority.privateKeyPem };
}

async function selfSigned(
  keys: webcrypto.CryptoKeyPair,
  name: x509.Name,
  life: { notBefore: Date; notAfter: Date },
  permitted?: PermittedNames,
): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...life,
    signingAlgorithm: algorithms[keys.privateKey.algorithm.name === "Ed25519" ? "ed25519" : "ecdsa"],
    keys,
    extensions: [
      // Below it are servers alone, no further authorities.
      new x509.BasicConstraintsExtension(true, permitted === undefined ? undefined : 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      ...(permitted === undefined
        ? []
        : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]), nameConstraints(permitted)]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString("pem");
}

/** Of a kind of names that is not mentioned all would be allowed (RFC 5280, section 4.2.1.10), so a kind without any is excluded whole. */
function nameConstraints({ dnsNames, ipAddresses }: PermittedNames): x509.Extension {
  const dns = dnsNames.map((dNSName) => new GeneralName({ dNSName }));
  const ip = ipAddresses.map(
    (address) =>
      new GeneralName({
        iPAddress: address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`,
      }),
  );
  const none = [
    ...(dns.length > 0 ? [] : [new GeneralName({ dNSName: "" })]),
    ...(ip.length > 0 ? [] : ["0.0.0.0/0", "::/0"].map((iPAddress) => new GeneralName({ iPAddress }))),
  ];
  const subtrees = (names: GeneralName[]) =>
    names.length === 0 ? undefined : new GeneralSubtrees(names.map((base) => new GeneralSubtree({ base })));
  const constraints = new NameConstraints({
    permittedSubtrees: subtrees([...dns, ...ip]),
    excludedSubtrees: subtrees(none),
  });
  return new x509.Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints));
}

/**
 * Signs a certificate for a new key; it ends with its authority at the latest.
 *
 * @throws ActionableError `authority-expired`.
 */
export async function issueCertificate(authority: KeyPair, options: LeafOptions): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificatePem);
  if (issuer.notAfter.getTime() <= Date.now()) {
    throw new ActionableError(
      "authority-expired",
      `the certificate authority ${issuer.subject} expired at ${issuer.notAfter.toISOString()}: make it anew with "pulumi up --replace <its URN>"`,
    );
  }
  const kind = kindOf(issuer);
  const keys = await generateKeys(kind);
  const names: x509.JsonGeneralName[] = [
    ...(options.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const usages = options.usages ?? ["server"];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(options),
    issuer: issuer.subjectName,
    ...validity(options.validityDays, issuer.notAfter),
    signingAlgorithm: algorithms[kind],
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.privateKeyPem, kind),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(
        usages.map((usage) => x509.ExtendedKeyUsage[usage === "server" ? "serverAuth" : "clientAuth"]),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { certificatePem: certificate.toString("pem"), privateKeyPem: await exportKey(keys.privateKey) };
}

/** As it is: text alone would be read for the syntax of X.500, where #, " and \\ have a meaning. */
function nameOf({ commonName, organizations = [] }: Subject): x509.Name {
  return new x509.Name([
    ...organizations.map((O) => ({ O: [{ utf8String: O }] })),
    { CN: [{ utf8String: commonName }] },
  ]);
}

/** A key that signs tokens, not certificates: PKCS #8 PEM. */
export async function createSigningKey(): Promise<string> {
  return exportKey((await generateKeys("ecdsa")).privateKey);
}

async function generateKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithms[kind], true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

function kindOf(certificate: x509.X509Certificate): KeyKind {
  return certificate.publicKey.algorithm.name === "Ed25519" ? "ed25519" : "ecdsa";
}

/** True once less than a third of the certificate's life is left. */
export function isDueForRenewal(certificatePem: string, now: Date = new Date()): boolean {
  const { notBefore, notAfter } = new x509.X509Certificate(certificatePem);
  return now.getTime() > notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 3;
}

function validity(days: number, latest?: Date): { notBefore: Date; notAfter: Date } {
  const end = Date.now() + days * day;
  return {
    notBefore: new Date(Date.now() - clockSkew),
    notAfter: latest === undefined ? new Date(end) : new Date(Math.min(end, latest.getTime())),
  };
}

/** 127 random bits; positive and without a leading zero byte, as DER wants it. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string, kind: KeyKind): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), algorithms[kind], false, ["sign"]);
}
