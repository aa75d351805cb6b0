import { randomUUID, X509Certificate } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import type { CertificatePair } from "../../pod/tls.ts";
import type { Access } from "./scopes.ts";

/** What the registry is told to believe; the same words are in its settings. */
export const ISSUER = "guildnet";
/** Short enough that none outlives the start of maintenance until garbage is collected. */
export const TOKEN_SECONDS = 300;

/** Signs what a client is granted. */
export interface TokenIssuer {
  /** @param subject who it is for; empty for nobody in particular */
  issue(subject: string, access: readonly Access[], now: Date): Promise<string>;
}

/**
 * The certificate travels in each token (`x5c`), and the registry trusts it as a root of its own: the registry's
 * other way, by a key's number, fails for the one key in 128 whose coordinates begin with a zero.
 * @param pair ECDSA P-256, the certificate self-signed, the key as PKCS #8
 * @param service the registry's name for itself
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export async function tokenIssuer(pair: CertificatePair, service: string): Promise<TokenIssuer> {
  const key = await importPKCS8(pair.key, "ES256");
  const x5c = [new X509Certificate(pair.cert).raw.toString("base64")];
  return {
    issue: (subject, access, now) => {
      const seconds = Math.floor(now.getTime() / 1000);
      return new SignJWT({ access })
        .setProtectedHeader({ alg: "ES256", typ: "JWT", x5c })
        .setIssuer(ISSUER)
        .setSubject(subject)
        .setAudience(service)
        .setJti(randomUUID())
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(seconds + TOKEN_SECONDS)
        .sign(key);
    },
  };
}
