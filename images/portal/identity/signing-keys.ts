import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The HMAC keys of a portal, 32 bytes or more each. */
export interface SigningKeys {
  /** Signs sessions and hand-offs; only the portal has it. */
  readonly session: Uint8Array;
  /** Verifies sign-in links; whoever may let people in has it as well. */
  readonly signIn: Uint8Array;
  /** Makes workspaces' tokens; undefined where workspaces ask nothing here. */
  readonly workspaces?: Uint8Array;
}

/**
 * Reads `session` and `sign-in` from a mounted Secret, and `workspaces` where that is wanted: base64url of at least 32 random
 * bytes each.
 * @throws where a file is missing or too weak; the message never quotes the content
 */
export async function readSigningKeys(
  directory: string,
  { withWorkspaces = false }: { withWorkspaces?: boolean } = {},
): Promise<SigningKeys> {
  const [session, signIn, workspaces] = await Promise.all([
    readKey(join(directory, "session")),
    readKey(join(directory, "sign-in")),
    withWorkspaces ? readKey(join(directory, "workspaces")) : undefined,
  ]);
  return { session, signIn, ...(workspaces && { workspaces }) };
}

/** @throws where the file is missing or too weak; the message never quotes the content */
export async function readKey(file: string): Promise<Uint8Array> {
  const text = (await readFile(file, "utf8")).trim();
  const key = Buffer.from(text, "base64url");
  if (!/^[A-Za-z0-9_-]+$/.test(text) || key.length < 32)
    throw new Error(`${file} must hold at least 32 random bytes, base64url-encoded`);
  return key;
}
