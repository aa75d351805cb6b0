import { createHash, hkdfSync } from "node:crypto";

const BYTES = 32;

/**
 * A password of one repository, made of the guild's one key: whoever has the key can open all
 * of them, whoever has the password of one can't open another.
 * @returns base64url
 */
export function repositoryPassword(key: string, repository: string): string {
  return derived(key, `repository ${repository}`);
}

/** What a volume's jobs sign in with at the guild's own server. @returns base64url */
export function signInPassword(key: string, repository: string): string {
  return derived(key, `sign-in ${repository}`);
}

/**
 * The last part of a repository's address. It differs with the key, so that a guild with a new
 * key begins anew beside what it can't open, instead of failing there every night.
 */
export function keyId(key: string): string {
  return Buffer.from(derived(key, "id"), "base64url").toString("hex").slice(0, 8);
}

/** HKDF (RFC 5869) without a salt: the key is random enough. */
function derived(key: string, purpose: string): string {
  return Buffer.from(hkdfSync("sha256", key, "", `guildnet backup ${purpose}`, BYTES)).toString("base64url");
}

/**
 * A line of the server's list of users. A salted, slow hash would be another one at every run,
 * and is for passwords that people choose: this one is 256 random bits.
 */
export function userLine(user: string, password: string): string {
  return `${user}:{SHA}${createHash("sha1").update(password).digest("base64")}`;
}
