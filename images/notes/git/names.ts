/**
 * Names of files are bytes to git. One that is no UTF-8 becomes a string that is no whole text either, a lone half of a
 * pair for each of its odd bytes: no note has it, and it can be given back as it was.
 * @param bytes one in each character (Latin-1)
 */
export function nameOfBytes(bytes: string): string {
  const name = Buffer.from(bytes, "latin1").toString("utf8");
  if (Buffer.from(name, "utf8").toString("latin1") === bytes) return name;
  return bytes.replaceAll(/[\u0080-\u00ff]/g, (odd) => String.fromCharCode(0xdc00 + odd.charCodeAt(0)));
}

export function bytesOfName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, "utf8");
  const letters = Array.from(name, (letter) =>
    letter.isWellFormed() ? Buffer.from(letter, "utf8") : Buffer.from([letter.charCodeAt(0) & 0xff]),
  );
  return Buffer.concat(letters);
}
