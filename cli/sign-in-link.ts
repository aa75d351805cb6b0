import { createHmac, randomUUID } from "node:crypto";

/** How long a link can be used, in seconds. It works once. */
export const LINK_LIFETIME_SECONDS = 15 * 60;

/**
 * A one-time link with which `person` signs in: a JSON Web Token (RFC 7519) signed with HMAC-SHA-256.
 * @param portalUrl origin of the portal
 * @param signInKey base64url of the key's bytes
 * @param now seconds since 1970; with fractions, or the link would be older than a portal that started in the same second
 */
export function signInLink(
  portalUrl: string,
  person: string,
  signInKey: string,
  now: number = Date.now() / 1000,
): string {
  const claims = {
    sub: person,
    aud: "guildnet-sign-in",
    jti: randomUUID(),
    iat: now,
    exp: Math.floor(now) + LINK_LIFETIME_SECONDS,
  };
  const link = new URL("/sign-in", portalUrl);
  link.searchParams.set("token", sign(claims, Buffer.from(signInKey, "base64url")));
  return link.href;
}

function sign(claims: Readonly<Record<string, unknown>>, key: Buffer): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}
