import { createHash, createPublicKey, verify } from "node:crypto";
import { nodeId } from "./register.ts";

/** Keeps what is signed for this apart from all that the same key signs for others. */
const PURPOSE = "guildnet-radicle";
const HASH = "sha512";
const KIND = "ssh-ed25519";
const SIGNATURE_BYTES = 64;

export interface Claim {
  readonly did: string;
  readonly workspace: string;
  /** The workspace's own. */
  readonly password: string;
}

/**
 * Whether the identity's own key has signed `<workspace>:<password>`, as `ssh-keygen -Y sign -n guildnet-radicle` does. Nobody
 * else has that password: so a signature is of no use to others, nor after the password was made anew.
 * @param signature the lines between the first and the last of what that prints, as one: base64
 * @see https://github.com/openssh/openssh-portable/blob/V_9_2_P1/PROTOCOL.sshsig
 */
export function isProven(signature: string, { did, workspace, password }: Claim): boolean {
  const key = publicKey(did);
  if (key === undefined) return false;
  const given = Buffer.from(signature, "base64"),
    itself = given.subarray(-SIGNATURE_BYTES);
  // Of all that could stand there only this is said by who has an Ed25519 key, and nothing is left to be read.
  const expected = Buffer.concat([
    Buffer.from("SSHSIG\0\0\0\x01"),
    packed(Buffer.concat([packed(KIND), packed(key)])),
    ...[PURPOSE, "", HASH].map(packed),
    packed(Buffer.concat([packed(KIND), packed(itself)])),
  ]);
  if (!given.equals(expected)) return false;
  const digest = createHash(HASH).update(`${workspace}:${password}`).digest();
  const signed = Buffer.concat([Buffer.from("SSHSIG"), ...[PURPOSE, "", HASH, digest].map(packed)]);
  const jwk = { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") };
  return verify(null, signed, createPublicKey({ key: jwk, format: "jwk" }), itself);
}

/** As SSH writes a string. */
function packed(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Of a `did:key`: base58 of what kind it is, 0xed01, and its 32 bytes. https://w3c-ccg.github.io/did-key-spec/#ed25519-x25519 */
function publicKey(did: string): Buffer | undefined {
  let number = 0n;
  for (const letter of nodeId({ did }).slice("z".length)) number = number * 58n + BigInt(LETTERS.indexOf(letter));
  const [, key] = /^ed01([0-9a-f]{64})$/.exec(number.toString(16)) ?? [];
  return key === undefined ? undefined : Buffer.from(key, "hex");
}
