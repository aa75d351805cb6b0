/** A note cannot be had under this name. The message says which and why, without the server's own folders. */
export class NotePathError extends Error {
  override readonly name = "NotePathError";
}

const MOST_BYTES = 1024;
/** Of one part, as Linux's filesystems have it. */
const MOST_BYTES_OF_PART = 240;

/**
 * Where a note lies in its vault: parts joined by `/`, the last ends in `.md`. Composed (NFC), so that what a Mac's
 * filesystem decomposes is the same note; nothing hidden, so that neither git's own files nor editors' leftovers are notes.
 * @throws {NotePathError} where a name leads out of the vault, or can't be a file on everybody's machine
 */
export function notePath(given: string): string {
  const path = given.normalize("NFC");
  const named = JSON.stringify(given.slice(0, 80));
  const refuse = (why: string): never => {
    throw new NotePathError(`A note can't be called ${named}: ${why}.`);
  };
  if (!/\.md$/i.test(path)) refuse("its file has to end in .md");
  if (Buffer.byteLength(path) > MOST_BYTES) refuse(`it may have ${MOST_BYTES} bytes at most`);
  if (/[\p{Cc}\\]/u.test(path) || !path.isWellFormed()) refuse("no control characters, no backslash");
  for (const part of path.split("/")) {
    if (part === "" || part === "." || part === "..") refuse("it has to lie in its vault");
    if (part.startsWith(".")) refuse("nothing hidden is a note");
    if (part.trim() !== part) refuse("no spaces at the ends of a name");
    if (Buffer.byteLength(part) > MOST_BYTES_OF_PART)
      refuse(`a part of it may have ${MOST_BYTES_OF_PART} bytes at most`);
  }
  return path;
}

/** Whether a file may be a note, for what is found on disk. */
export function isNotePath(path: string): boolean {
  try {
    notePath(path);
    return true;
  } catch (error) {
    if (error instanceof NotePathError) return false;
    throw error;
  }
}

/** By what links find a note: without its ending, and as people take names for the same: composed, in small letters, one space between words. */
export function linkKey(name: string): string {
  return name
    .normalize("NFC")
    .replace(/\.md$/i, "")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replaceAll(/^[\s/]+|[\s/]+$/g, "");
}

/** The last part, without its ending: what a note is called where it doesn't say. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.md$/i, "");
}
