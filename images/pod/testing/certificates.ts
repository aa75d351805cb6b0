import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

/** The same as Node's own, by the browsers' names, which no program of Node's has types of. */
type BrowserCrypto = ReturnType<typeof x509.cryptoProvider.get>;
type BrowserKeys = x509.X509CertificateCreateSelfSignedParams["keys"];

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 3600 * 1000;

export interface TestCertificate {
  /** Lies there as `tls.crt` and `tls.key`. */
  readonly directory: string;
  readonly certificate: string;
  /** Makes another certificate for the same names and puts it in the same place. */
  renew(): Promise<string>;
  /** Removes the directory with all that is in it. */
  remove(): Promise<void>;
}

/** A self-signed certificate in a new temporary directory, which whoever asked for it removes. */
export async function testCertificate(dnsNames: readonly string[]): Promise<TestCertificate> {
  const directory = await mkdtemp(join(tmpdir(), "guildnet-portal-tls-"));
  const write = (): Promise<string> => writePair(directory, dnsNames);
  return {
    directory,
    certificate: await write(),
    renew: write,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function writePair(directory: string, dnsNames: readonly string[]): Promise<string> {
  x509.cryptoProvider.set(webcrypto as unknown as BrowserCrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    name: `CN=${dnsNames[0]}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    keys: keys as unknown as BrowserKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: "dns" as const, value })))],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  const pem = certificate.toString("pem");
  await replace(join(directory, "tls.key"), key);
  await replace(join(directory, "tls.crt"), pem);
  return pem;
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
