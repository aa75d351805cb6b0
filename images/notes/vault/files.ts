import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { isNotePath, notePath, NotePathError } from "./note-path.ts";

/** What is in a vault's file. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  /** Nothing to read or to edit here; its name alone is known. */
  | { readonly kind: "binary" | "large" };

export interface FileStamp {
  readonly mtimeMs: number;
  readonly size: number;
}

/** More is no note: it would make every search and every page slow. */
export const LARGEST_NOTE_BYTES = 2 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The files of a vault. Whatever name comes, nothing outside of its folder is read or written: no `..`, and no symbolic link is followed. */
export class VaultFiles {
  /** Without symbolic links. */
  readonly folder: string;
  readonly #scratch: string;

  private constructor(folder: string, scratch: string) {
    this.folder = folder;
    this.#scratch = scratch;
  }

  /** @param scratch for files that are being written, on the same volume; what a crash left in it is thrown away */
  static async open(folder: string, scratch: string): Promise<VaultFiles> {
    await mkdir(folder, { recursive: true });
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    return new VaultFiles(await realpath(folder), scratch);
  }

  /** All that may be notes, by their paths on disk. */
  async list(): Promise<Map<string, FileStamp>> {
    const found = new Map<string, FileStamp>();
    const walk = async (folder: string): Promise<void> => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.name.startsWith(".")) continue;
        const file = join(folder, entry.name);
        if (entry.isDirectory()) await walk(file);
        if (!entry.isFile()) continue;
        const path = relative(this.folder, file).split(sep).join("/");
        const stamp = isNotePath(path) ? await this.stamp(path) : undefined;
        if (stamp !== undefined) found.set(path, stamp);
      }
    };
    await walk(this.folder);
    return found;
  }

  /** @returns undefined where no ordinary file is */
  async stamp(path: string): Promise<FileStamp | undefined> {
    try {
      const found = await lstat(await this.#inside(path));
      return found.isFile() ? { mtimeMs: found.mtimeMs, size: found.size } : undefined;
    } catch (error) {
      if (isMissing(error) || error instanceof NotePathError) return undefined;
      throw error;
    }
  }

  /** @returns undefined where nothing is */
  async read(path: string): Promise<Content | undefined> {
    let file;
    try {
      file = await open(await this.#inside(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return undefined;
      if (stat.size > LARGEST_NOTE_BYTES) return { kind: "large" };
      return contentOf(await file.readFile());
    } finally {
      await file.close();
    }
  }

  /** Whole or not at all, also where the machine stops in between. */
  async write(path: string, text: string): Promise<void> {
    const wanted = join(this.folder, path);
    notePath(path);
    await this.#makeFolder(dirname(wanted));
    const file = await this.#inside(path);
    const scratch = join(this.#scratch, randomUUID());
    try {
      await writeFile(scratch, text, { flag: "wx", flush: true });
      await rename(scratch, file);
    } catch (error) {
      await rm(scratch, { force: true });
      throw error;
    }
  }

  /** Removes a note, and folders that it leaves empty. */
  async remove(path: string): Promise<void> {
    await rm(await this.#inside(path), { force: true });
    await this.#tidy(path);
  }

  /** Removes a file that is no note: a picture, say. @param name its path as bytes, which need not be UTF-8 */
  async removeOther(name: Buffer): Promise<void> {
    const file = Buffer.concat([Buffer.from(`${this.folder}/`), name]);
    const folder = file.subarray(0, file.lastIndexOf("/"));
    try {
      if (!(await realpath(folder, { encoding: "buffer" })).equals(folder)) throw outside(name.toString());
      await rm(file, { force: true });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await this.#tidy(name.toString());
  }

  /** Empty folders only: git does not know them. */
  async #tidy(path: string): Promise<void> {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      try {
        await rmdir(join(this.folder, folder));
      } catch {
        // Not empty, or gone.
        return;
      }
    }
  }

  /** Folder by folder, as one of them may be a link that leads elsewhere. */
  async #makeFolder(folder: string): Promise<void> {
    let current = this.folder;
    for (const part of relative(this.folder, folder).split(sep).filter(Boolean)) {
      current = join(current, part);
      try {
        await mkdir(current);
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        if (!(await lstat(current)).isDirectory()) throw new NotePathError(`"${part}" is no folder.`);
      }
    }
  }

  /** @throws {NotePathError} where a folder on the way is a symbolic link */
  async #inside(path: string): Promise<string> {
    notePath(path);
    const file = join(this.folder, path);
    if ((await realpath(dirname(file))) !== dirname(file)) throw outside(path);
    return file;
  }
}

function outside(path: string): NotePathError {
  return new NotePathError(`"${path}" doesn't lie in its vault.`);
}

/** Bytes as text, or what they are else. */
export function contentOf(bytes: Uint8Array): Content {
  if (bytes.length > LARGEST_NOTE_BYTES) return { kind: "large" };
  try {
    const text = utf8.decode(bytes);
    return text.includes("\0") ? { kind: "binary" } : { kind: "text", text };
  } catch {
    return { kind: "binary" };
  }
}

export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR"].includes(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
