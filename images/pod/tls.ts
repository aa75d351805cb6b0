import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SecureContextOptions } from "node:tls";

const POLL_MS = 5_000;

export const MIN_TLS_VERSION = "TLSv1.2";

/** Both in PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** Reads `tls.crt` and `tls.key`. @throws where one is missing or they do not belong together */
export async function readCertificate(directory: string): Promise<CertificatePair> {
  const pair = await readPair(directory);
  check(pair);
  return pair;
}

/** Stricter than Node's TLS: it takes an empty file for "no certificate" and then serves none. */
function check({ cert, key }: CertificatePair): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error("tls.crt and tls.key do not belong together");
}

async function readPair(directory: string): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([
    readFile(join(directory, "tls.crt"), "utf8"),
    readFile(join(directory, "tls.key"), "utf8"),
  ]);
  return { cert, key };
}

export interface CertificateWatch {
  /** What the server has now. */
  readonly current: CertificatePair;
  readonly server: { setSecureContext(options: SecureContextOptions): void };
  readonly onRenewed: () => void;
  readonly onError: (error: unknown) => void;
  readonly pollMs?: number;
}

/**
 * Gives a server the renewed certificate while it runs; open connections go on with the old one.
 * By looking at the content now and then: a mounted Secret changes through a swapped symbolic link, which file events miss.
 * @returns how to stop
 */
export function watchCertificate(
  directory: string,
  { current, server, onRenewed, onError, pollMs = POLL_MS }: CertificateWatch,
): () => void {
  let seen = fingerprint(current);
  const look = async (): Promise<void> => {
    try {
      const pair = await readPair(directory);
      if (fingerprint(pair) === seen) return;
      // Tried out first: a server that is given a pair that does not match is left without any.
      check(pair);
      server.setSecureContext({ ...pair, minVersion: MIN_TLS_VERSION });
      seen = fingerprint(pair);
      onRenewed();
    } catch (error) {
      // Half-written or mismatched: the old certificate stays in use until the next look.
      onError(error);
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprint({ cert, key }: CertificatePair): string {
  return createHash("sha256").update(cert).update(key).digest("hex");
}
