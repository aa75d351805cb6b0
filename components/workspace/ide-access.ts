import { createHash } from "node:crypto";

/**
 * What keeps an IDE shut for everybody but the portal, made from one random value: the IDE
 * answers only to the cookie `code-server-session` with this session, and the portal is
 * the only other reader of it. The password it is the hash of is stored nowhere in the cluster.
 *
 * code-server compares the cookie with `hashed-password` verbatim as long as that isn't an
 * argon2 hash (its `isCookieValid`, 4.139), so both keys are the same secret.
 */
export function ideAccess(token: string): { "config.yaml": string; session: string } {
  const session = createHash("sha256").update(token).digest("hex");
  // JSON is YAML. No boolean keys: the IDE reads `key: false` as `--key=false`, which is true.
  return { "config.yaml": `${JSON.stringify({ auth: "password", "hashed-password": session })}\n`, session };
}
