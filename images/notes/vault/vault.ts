import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { VaultFiles, type Content, type FileStamp } from "./files.ts";
import { noteGraph, type NoteGraph } from "./graph.ts";
import { noteHtml } from "./html.ts";
import { resolveLink, shortestTarget } from "./links.ts";
import { NoteIndex, type Hit, type NoteSummary, type TagCount } from "./note-index.ts";
import { linkKey, notePath } from "./note-path.ts";
import { parseNote, type Note } from "./note.ts";
import type { LinkText } from "./wiki-link.ts";
import { watchFolder } from "./watch-folder.ts";
import { withTarget } from "./wiki-link.ts";

export interface VaultOptions {
  /** Where the notes are. */
  readonly folder: string;
  /** Where what is known of them is kept, outside of `folder` and on the same volume. */
  readonly indexFile: string;
  /** Told of notes whose files are other than they were, are new or are gone. */
  readonly onChange?: (paths: readonly string[]) => void;
  readonly onError?: (error: unknown) => void;
}

/** Somebody wants to make what is there, or to change what isn't. */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly code: "missing" | "exists" | "unreadable";

  constructor(code: VaultError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Backlink {
  readonly path: string;
  readonly title: string;
  /** The lines that have the link. */
  readonly lines: readonly string[];
}

/** Notes that are read at a time before others get their turn. */
const BATCH = 50;
const LONGEST_LINE = 300;

/** A folder of notes, and what can be asked of them. Files are the truth: whoever changes one, it is seen here. */
export class Vault {
  readonly files: VaultFiles;
  readonly #index: NoteIndex;
  readonly #options: VaultOptions;
  #stopWatching: (() => Promise<void>) | undefined;
  #refreshing: Promise<unknown> = Promise.resolve();

  private constructor(files: VaultFiles, index: NoteIndex, options: VaultOptions) {
    this.files = files;
    this.#index = index;
    this.#options = options;
  }

  /** Resolves once all notes are known. */
  static async open(options: VaultOptions): Promise<Vault> {
    const { folder, indexFile } = options;
    const files = await VaultFiles.open(folder, join(dirname(indexFile), "being-written"));
    const vault = new Vault(files, new NoteIndex(indexFile), options);
    try {
      await vault.refresh();
      return vault;
    } catch (error) {
      await vault.close();
      throw error;
    }
  }

  /** From now on changes of files are seen by themselves. */
  async watch(): Promise<void> {
    this.#stopWatching ??= await watchFolder(this.files.folder, {
      changed: (paths) => void this.refresh(paths).catch((error: unknown) => this.#options.onError?.(error)),
      failed: (error) => this.#options.onError?.(error),
    });
  }

  async close(): Promise<void> {
    await this.#stopWatching?.();
    await this.#refreshing.catch(() => undefined);
    this.#index.close();
  }

  /**
   * Reads what is other than it was.
   * @param paths that may be; without, all are looked at
   * @returns those that were
   */
  refresh(paths?: readonly string[]): Promise<readonly string[]> {
    const refreshed = this.#refreshing.catch(() => undefined).then(() => this.#refresh(paths));
    this.#refreshing = refreshed;
    return refreshed;
  }

  list(): NoteSummary[] {
    return this.#index.list();
  }

  get size(): number {
    return this.#index.size;
  }

  find(path: string): NoteSummary | undefined {
    return this.#index.find(path);
  }

  /** The path of a note that is called so: as its file is, which some systems decompose, else as a new one's would be. @throws {NotePathError} */
  pathOf(given: string): string {
    const path = notePath(given);
    return this.find(path) === undefined && this.find(given) !== undefined ? given : path;
  }

  search(query: string, most = 30): Hit[] {
    return this.#index.search(query, most);
  }

  tags(): TagCount[] {
    return this.#index.tags();
  }

  /** @throws {VaultError} where no note is, or none that is text */
  async read(path: string): Promise<string> {
    return textOf(path, await this.files.read(this.pathOf(path)));
  }

  note(path: string, text: string): Note {
    return parseNote(path, text);
  }

  /** @param address of a note; of one that isn't there yet, the one it would have */
  html(path: string, text: string, address: { note(path: string): string; tag(tag: string): string }): string {
    return noteHtml(text, {
      link: (link) => {
        const found = this.resolve(link, path);
        return { href: address.note(found ?? pathFor(link.target)), isThere: found !== undefined };
      },
      tag: (tag) => address.tag(tag),
    });
  }

  resolve({ target }: Pick<LinkText, "target">, from: string): string | undefined {
    return resolveLink(target, from, this.#index);
  }

  async backlinks(path: string): Promise<Backlink[]> {
    const sources = new Set(
      this.#index
        .linksTowards(path)
        .filter((link) => link.source !== path && this.resolve(link, link.source) === path)
        .map(({ source }) => source),
    );
    const found = await Promise.all([...sources].map((source) => this.#backlink(source, path)));
    return found.filter((each) => each !== undefined);
  }

  graph(): NoteGraph {
    const index = this.#index;
    return noteGraph(index.list(), index.links(), (link) => this.resolve(link, link.source));
  }

  /** Makes a note, or what is in it another. */
  async write(path: string, text: string): Promise<void> {
    const at = this.pathOf(path);
    await this.files.write(at, text);
    await this.refresh([at]);
  }

  /** @throws {VaultError} where a note of that name is, in whatever spelling */
  async create(path: string, text: string): Promise<void> {
    this.refuseTaken(notePath(path));
    await this.write(notePath(path), text);
  }

  async remove(path: string): Promise<void> {
    const at = this.pathOf(path);
    await this.files.remove(at);
    await this.refresh([at]);
  }

  /**
   * What has to be written so that all links that meant a note still do, once it has another path.
   * @returns new texts by path; the renamed note's own by its new one
   */
  async renamed(from: string, to: string): Promise<Map<string, string>> {
    this.refuseTaken(notePath(to), from);
    const after = renamedNames(this.#index, from, to);
    const texts = new Map<string, string>();
    // Links to others of the new name, too: the note may come in between.
    const sources = new Set([from, ...this.#index.linksTowards(from, to).map(({ source }) => source)]);
    for (const source of sources) {
      const content = await this.files.read(source);
      if (content?.kind !== "text") {
        if (source === from) textOf(from, content);
        continue;
      }
      const at = source === from ? to : source;
      const relinked = this.#relinked(content.text, source, at, (path) => (path === from ? to : path), after);
      if (source === from || relinked !== content.text) texts.set(at, relinked);
    }
    return texts;
  }

  /** @throws {VaultError} where a note is that people could not tell from it */
  refuseTaken(path: string, but?: string): void {
    const taken = this.#index.withKey(linkKey(path)).find((each) => each !== but);
    if (taken !== undefined) throw new VaultError("exists", `There is a note "${taken}" already.`);
  }

  #relinked(
    text: string,
    source: string,
    at: string,
    moved: (path: string) => string,
    after: Parameters<typeof shortestTarget>[2],
  ): string {
    let relinked = text;
    // From the end, so that what stands before keeps its place.
    for (const { start, end, isEmbed, target } of parseNote(source, text).links.toReversed()) {
      const meant = target === "" ? undefined : this.resolve({ target }, source);
      if (meant === undefined || resolveLink(target, at, after) === moved(meant)) continue;
      const open = start + (isEmbed ? 3 : 2);
      const value = withTarget(text.slice(open, end - 2), shortestTarget(moved(meant), at, after));
      relinked = relinked.slice(0, open) + value + relinked.slice(end - 2);
    }
    return relinked;
  }

  async #backlink(source: string, path: string): Promise<Backlink | undefined> {
    const content = await this.files.read(source);
    const summary = this.#index.find(source);
    if (content?.kind !== "text" || summary === undefined) return undefined;
    const { text } = content;
    const lines = parseNote(source, text)
      .links.filter((link) => this.resolve(link, source) === path)
      .map(({ start }) => {
        const end = text.indexOf("\n", start);
        return text
          .slice(text.lastIndexOf("\n", start) + 1, end < 0 ? undefined : end)
          .trim()
          .slice(0, LONGEST_LINE);
      });
    return { path: source, title: summary.title, lines: [...new Set(lines)] };
  }

  async #refresh(paths: readonly string[] | undefined): Promise<readonly string[]> {
    const known = this.#index.stamps(paths);
    const found = paths === undefined ? await this.files.list() : await this.#stamps(paths);
    const gone = (paths ?? [...known.keys()]).filter((path) => known.has(path) && !found.has(path));
    const changed = [...found].filter(([path, stamp]) => !isSame(known.get(path), stamp));
    if (gone.length > 0) this.#index.together(() => gone.forEach((path) => this.#index.remove(path)));
    for (let start = 0; start < changed.length; start += BATCH) await this.#read(changed.slice(start, start + BATCH));
    const all = [...gone, ...changed.map(([path]) => path)];
    if (all.length > 0) this.#options.onChange?.(all);
    return all;
  }

  async #read(batch: readonly [string, FileStamp][]): Promise<void> {
    const read = await Promise.all(
      batch.map(async ([path, stamp]) => ({ path, stamp, content: await this.files.read(path) })),
    );
    this.#index.together(() => {
      for (const { path, stamp, content } of read) {
        if (content === undefined) this.#index.remove(path);
        else {
          const text = content.kind === "text" ? content.text : "";
          this.#index.put(path, stamp, content.kind, parseNote(path, text));
        }
      }
    });
    await setImmediate();
  }

  async #stamps(paths: readonly string[]): Promise<Map<string, FileStamp>> {
    const stamps = new Map<string, FileStamp>();
    for (const path of new Set(paths)) {
      const stamp = await this.files.stamp(path);
      if (stamp !== undefined) stamps.set(path, stamp);
    }
    return stamps;
  }
}

function textOf(path: string, content: Content | undefined): string {
  if (content === undefined) throw new VaultError("missing", `There is no note "${path}".`);
  if (content.kind === "text") return content.text;
  const why = content.kind === "large" ? "is larger than 2 MiB" : "is no text in UTF-8";
  throw new VaultError("unreadable", `"${path}" ${why}: it can be changed as a file alone.`);
}

/** What a link without a note would make. */
function pathFor(target: string): string {
  return `${target.replace(/\.md$/i, "").trim()}.md`;
}

function isSame(known: FileStamp | undefined, found: FileStamp): boolean {
  return known?.mtimeMs === found.mtimeMs && known.size === found.size;
}

/** The names of all notes as they will be. */
function renamedNames(index: NoteIndex, from: string, to: string): Parameters<typeof shortestTarget>[2] {
  const without = (paths: readonly string[], isAlso: boolean): string[] => {
    const others = paths.filter((path) => path !== from);
    return isAlso ? [...others, to] : others;
  };
  const key = linkKey(to);
  return {
    withKey: (asked) => without(index.withKey(asked), asked === key),
    withName: (asked) => without(index.withName(asked), asked === key.slice(key.lastIndexOf("/") + 1)),
    withAlias: (asked) => index.withAlias(asked).map((path) => (path === from ? to : path)),
  };
}
