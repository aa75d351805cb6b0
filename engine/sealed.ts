import { createDecipheriv, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** How a state marks a value as more than it seems, and which mark says "secret" (pulumi/sdk, resource/properties.go). */
const MARK = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Gives back what was encrypted. @throws where the text was not, with this key */
export type Open = (ciphertext: string) => string;

/**
 * Opens what the engine's passphrase provider has encrypted (pulumi/sdk, resource/config/crypt.go): reading a state
 * takes no engine then, and a text that was damaged is found, which the engine takes for a secret of null.
 * @param salt of the state or of a stack file: `v1:<salt>:<the word "pulumi", encrypted>`
 * @returns undefined where the passphrase is another one
 */
export async function opener(passphrase: string, salt: string): Promise<Open | undefined> {
  const [version, bytes = "", ...proof] = salt.split(":");
  if (version !== "v1") throw new Error(`secrets of version ${version} of the passphrase provider`);
  const key = await promisify(pbkdf2)(passphrase, Buffer.from(bytes, "base64"), ITERATIONS, KEY_BYTES, "sha256");
  const open: Open = (ciphertext) => decrypted(key, ciphertext);
  try {
    return open(proof.join(":")) === "pulumi" ? open : undefined;
  } catch {
    return undefined; // which is how a wrong key shows
  }
}

function decrypted(key: Buffer, ciphertext: string): string {
  const [version, nonce = "", sealed = ""] = ciphertext.split(":");
  if (version !== "v1") throw new Error("not a ciphertext");
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64")).setAuthTag(
    bytes.subarray(-TAG_BYTES),
  );
  return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}

/** A value of a state with its secrets in plain. @throws UnreadableSecret */
export function unsealed(value: unknown, open: Open, path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((one, index) => unsealed(one, open, [...path, String(index)]));
  if (typeof value !== "object" || value === null) return value;
  if (!isSecret(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, unsealed(inner, open, [...path, key])]),
    );
  return JSON.parse(value.plaintext ?? opened(value.ciphertext ?? "", open, path)) as unknown;
}

/** A secret of a state that can't be decrypted. */
export class UnreadableSecret extends Error {
  /** Where in the value it is. */
  readonly path: readonly string[];

  constructor(path: readonly string[], options: ErrorOptions) {
    super(`the secret at ${path.join(".")} can't be decrypted`, options);
    this.path = path;
  }
}

function opened(ciphertext: string, open: Open, path: readonly string[]): string {
  try {
    return open(ciphertext);
  } catch (cause) {
    throw new UnreadableSecret(path, { cause });
  }
}

function isSecret(value: object): value is { readonly ciphertext?: string; readonly plaintext?: string } {
  return (value as Record<string, unknown>)[MARK] === SECRET;
}
