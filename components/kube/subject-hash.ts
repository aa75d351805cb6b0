import { createHash, X509Certificate } from "node:crypto";

/** Attributes of a subject, by the names that Node has for them, and the last numbers of their object identifiers, 2.5.4.x. */
const attributes: Readonly<Record<string, number>> = { CN: 3, SN: 5, C: 6, L: 7, ST: 8, O: 10, OU: 11 };

/**
 * The name under which programs look for an authority in a folder of many, as `openssl x509 -subject_hash` says it, without the
 * ".0" after it. OpenSSL, Go and Rust take folders from SSL_CERT_DIR, beside those of the system.
 * @param pem of a certificate
 * @returns undefined where it is none, or its subject has other attributes than the usual ones
 * @see https://docs.openssl.org/3.5/man1/openssl-rehash/
 */
export function subjectHash(pem: string): string | undefined {
  if (!pem.startsWith("-----BEGIN CERTIFICATE-----")) return undefined;
  const parts = new X509Certificate(pem).subject.split("\n").map(canonical);
  if (!parts.every((part) => part !== undefined)) return undefined;
  const digest = createHash("sha1").update(Buffer.concat(parts)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, "0");
}

/** `x509_name_canon` of OpenSSL: a set of one attribute, its text in small letters, with single spaces, as UTF-8. Node escapes some. */
function canonical(line: string): Buffer | undefined {
  const [name, text] = split(line);
  const attribute = attributes[name];
  if (attribute === undefined) return undefined;
  const small = text
    .replaceAll(/\\(.)/g, "$1")
    .trim()
    .replaceAll(/[ \t\n\v\f\r]+/g, " ")
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return tagged(
    0x31,
    tagged(0x30, Buffer.from([0x06, 3, 0x55, 4, attribute]), tagged(0x0c, Buffer.from(small, "utf8"))),
  );
}

function split(line: string): [string, string] {
  const equals = line.indexOf("=");
  return [line.slice(0, equals), line.slice(equals + 1)];
}

/** DER: a tag, a length, and what it is of. No subject of a certificate is longer than two bytes say. */
function tagged(tag: number, ...content: Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  const { length } = whole;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), whole]);
}
