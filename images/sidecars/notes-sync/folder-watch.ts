import { watch, type FSWatcher } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Tells that something in a folder was changed, but for what git has in it. One watch for each folder, none for each file: Linux
 * has few of them for all programs of a machine together.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #looking = Promise.resolve();
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(folder: string, changed: () => void) {
    this.#folder = folder;
    this.#changed = changed;
  }

  /** Watches what is there, also where it was another folder before. What can't be watched is left to who looks now and then. */
  look(): Promise<void> {
    // Who asks while another waits is told with it.
    if (this.#next !== undefined) return this.#next;
    const next = this.#looking.then(() => {
      this.#next = undefined;
      return this.#look();
    });
    [this.#next, this.#looking] = [next, next];
    return next;
  }

  close(): void {
    this.#closed = true;
    this.#forget("");
  }

  async #look(): Promise<void> {
    const found = new Set<string>();
    await this.#walk("", found);
    for (const path of this.#watchers.keys()) if (!found.has(path)) this.#forget(path);
  }

  async #walk(path: string, found: Set<string>): Promise<void> {
    const entries = await readdir(join(this.#folder, path), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return this.#forget(path);
    found.add(path);
    this.#watch(path);
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== ".git") await this.#walk(join(path, entry.name), found);
    }
  }

  #watch(path: string): void {
    if (this.#closed || this.#watchers.has(path)) return;
    try {
      const watcher = watch(join(this.#folder, path), (_event, name) => {
        if (name !== ".git") this.#changed();
      });
      watcher.on("error", () => this.#forget(path));
      this.#watchers.set(path, watcher);
    } catch {
      // Gone, or there are no watches left.
    }
  }

  /** With all that is in it: a folder that comes again is another one. */
  #forget(path: string): void {
    for (const [each, watcher] of this.#watchers) {
      if (path !== "" && each !== path && !each.startsWith(`${path}/`)) continue;
      watcher.close();
      this.#watchers.delete(each);
    }
  }
}
