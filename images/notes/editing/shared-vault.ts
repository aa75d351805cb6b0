import { join } from "node:path";
import { NOBODY, type Author } from "../git/author.ts";
import { Repository } from "../git/repository.ts";
import { notePath } from "../vault/note-path.ts";
import { Vault } from "../vault/vault.ts";
import { DocumentStore } from "./document-store.ts";
import { Documents, oneLineEnd, type Editing } from "./documents.ts";
import { bringIn, mergeCommits, type Place } from "./incoming.ts";
import { mergeTexts } from "./merge.ts";
import { Turns } from "./turns.ts";

export interface SharedVaultOptions {
  /** The working copy. */
  readonly folder: string;
  /** For what is known beside the notes; outside of `folder`, on a volume that is kept. */
  readonly stateFolder: string;
  /** What git takes for a remote. @default none */
  readonly remote?: string;
  /** @default "main" */
  readonly branch?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly authorOf?: Editing["authorOf"];
  readonly onGone?: Editing["onGone"];
  /** Told of notes that are other than they were, by whomever. */
  readonly onChange?: (paths: readonly string[]) => void;
  /** Told once before anything is committed here, and waited for. */
  readonly onOpen?: (repository: Repository) => Promise<void>;
  /** Told when its history may have gone on. */
  readonly onHistory?: (repository: Repository) => void;
  readonly onError?: (error: unknown) => void;
  /** After the last change, until it is in its file and committed. @default 2000 */
  readonly quietMs?: number;
  /** However long people go on. @default 10000 */
  readonly longestMs?: number;
  /** How often the remote is asked. @default 0, never by itself */
  readonly pollMs?: number;
}

/** Others pushed each time in between. */
const MOST_TRIES = 8;

/** A vault in git that people, programs and other repositories change at once, and each change has its author. */
export class SharedVault {
  readonly vault: Vault;
  readonly #place: Place;
  readonly #options: SharedVaultOptions;
  readonly #turns = new Turns();
  #quiet: NodeJS.Timeout | undefined;
  #latest: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(place: Place, options: SharedVaultOptions) {
    this.vault = place.vault;
    this.#place = place;
    this.#options = options;
  }

  /** Resolves once what a crash left is in files and in git. */
  static async open(options: SharedVaultOptions): Promise<SharedVault> {
    const repository = await Repository.open(options);
    await options.onOpen?.(repository);
    let shared: SharedVault | undefined;
    const vault = await Vault.open({
      folder: options.folder,
      indexFile: join(options.stateFolder, "index.db"),
      onChange: (paths) => {
        if (shared !== undefined) shared.#changed(paths);
      },
      onError: options.onError,
    });
    const store = new DocumentStore(join(options.stateFolder, "documents.db"));
    const documents = new Documents(vault.files, store, {
      authorOf: options.authorOf ?? (() => undefined),
      onEdit: () => {
        if (shared !== undefined) shared.#soon();
      },
      onGone: options.onGone ?? (() => undefined),
    });
    const opened = new SharedVault({ vault, repository, store, documents }, options);
    shared = opened;
    try {
      await opened.#turns.take(() => opened.#commitAll());
      await vault.watch();
    } catch (error) {
      // Whoever asks tries again, each time with files of its own.
      opened.#closed = true;
      for (const timer of [opened.#quiet, opened.#latest]) clearTimeout(timer);
      await vault.close();
      store.close();
      throw error;
    }
    // Whoever was killed before may have had something to give or to take.
    if (options.remote !== undefined) opened.#soon();
    if (options.pollMs) opened.#pollIn(options.pollMs);
    options.onHistory?.(repository);
    return opened;
  }

  /** Writes and commits what there is first. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#quiet, this.#latest, this.#poll]) clearTimeout(timer);
    await this.#turns.take(() => this.#commitAll());
    await this.vault.close();
    this.#place.store.close();
  }

  /** @returns the id of the document by which a note is edited. @throws VaultError where it can't be */
  edit(path: string): Promise<string> {
    return this.#turns.take(async () => this.#place.documents.open(path, await this.vault.read(path)));
  }

  pathOf(id: string): string | undefined {
    return this.#place.store.pathOf(id);
  }

  attach(id: string, document: Parameters<Documents["attach"]>[1]): void {
    this.#place.documents.attach(id, document);
  }

  detach(id: string): void {
    this.#place.documents.detach(id);
  }

  /** A note's text with what people are writing at this moment. */
  read(path: string): Promise<string> {
    return this.#turns.take(async () => {
      await this.#settle(path);
      return await this.vault.read(path);
    });
  }

  create(path: string, text: string, author: Author): Promise<void> {
    return this.#changing(async () => {
      this.vault.refuseTaken(notePath(path));
      await this.#commitAuthors();
      this.#place.store.addAuthor(notePath(path), author);
      await this.vault.create(path, oneLineEnd(text));
      await this.#commit([notePath(path)], author, `Write ${path}`);
    });
  }

  /**
   * Makes a note's text another.
   * @param base what the writer had read: what others wrote meanwhile stays. Without, it is replaced as a whole
   */
  write(path: string, text: string, author: Author, base?: string): Promise<void> {
    return this.#changing(async () => {
      await this.#settle(path);
      const current = await this.vault.read(path);
      await this.#commitAuthors();
      this.#place.store.addAuthor(path, author);
      const wanted = oneLineEnd(text);
      await this.vault.write(
        path,
        base === undefined ? wanted : mergeTexts(oneLineEnd(base), oneLineEnd(current), wanted),
      );
      await this.#settle(path);
      await this.#commit([path], author, `Edit ${path}`);
    });
  }

  remove(path: string, author: Author): Promise<void> {
    return this.#changing(async () => {
      await this.#settle(path);
      await this.vault.read(path);
      await this.#commitAuthors();
      this.#place.store.addAuthor(path, author);
      await this.vault.remove(path);
      await this.#settle(path);
      await this.#commit([path], author, `Remove ${path}`);
    });
  }

  /** Links go along, in all notes that have some. @returns the notes that were changed */
  rename(from: string, to: string, author: Author): Promise<readonly string[]> {
    return this.#changing(async () => {
      await this.#settleAll();
      await this.#commitAuthors();
      const target = notePath(to);
      const texts = await this.vault.renamed(from, target);
      for (const path of [from, ...texts.keys()]) this.#place.store.addAuthor(path, author);
      this.#place.store.move(from, target);
      if (from !== target) await this.vault.files.remove(from);
      for (const [path, text] of texts) await this.vault.files.write(path, text);
      await this.vault.refresh([from, ...texts.keys()]);
      await this.#settleAll();
      for (const path of texts.keys()) await this.#settle(path);
      await this.#commit([from, ...texts.keys()], author, `Rename ${from} to ${target}`);
      return [...texts.keys()];
    });
  }

  /** Puts what people write into files, and commits it. */
  commit(): Promise<void> {
    return this.#changing(() => this.#commitAll());
  }

  /** Commits, takes what the remote has, and gives it what is here. */
  sync(): Promise<void> {
    return this.#changing(async () => {
      await this.#commitAll();
      for (let tries = 1; !(await this.#exchanged()); tries++) {
        if (tries === MOST_TRIES) throw new Error(`The remote was changed by others ${MOST_TRIES} times in a row.`);
      }
    });
  }

  /** @returns whether both have the same now */
  async #exchanged(): Promise<boolean> {
    const { repository } = this.#place;
    const [ours, theirs] = [await repository.head(), await repository.fetch()];
    if (theirs === undefined || ours === theirs) return ours === undefined || ours === theirs || repository.push(ours);
    if (ours === undefined || (await repository.isAncestor(ours, theirs))) {
      await this.#bringIn(ours, theirs);
      return true;
    }
    if (await repository.isAncestor(theirs, ours)) return await repository.push(ours);
    const merged = await mergeCommits(repository, ours, theirs);
    await this.#bringIn(ours, merged);
    return await repository.push(merged);
  }

  async #bringIn(before: string | undefined, after: string): Promise<void> {
    this.#place.store.beginMerge({ before, after });
    await bringIn(this.#place, { before, after });
  }

  /** What a crash or a full disk stopped on its way into the folder comes first: the half of it that is there would count as changes that undo others'. */
  async #finishMerge(): Promise<void> {
    const underWay = this.#place.store.mergeUnderWay();
    if (underWay !== undefined) await bringIn(this.#place, underWay);
  }

  async #commitAll(): Promise<void> {
    await this.#settleAll();
    await this.#commitAuthors();
    const changed = await this.#place.repository.changed();
    if (changed.length > 0)
      await this.#place.repository.commit(changed, [NOBODY], "Take in what was changed in the folder");
  }

  /** A commit for all notes of the same people. */
  async #commitAuthors(): Promise<void> {
    await this.#finishMerge();
    const together = new Map<string, { authors: Author[]; paths: string[] }>();
    for (const [path, authors] of this.#place.store.authors()) {
      const key = JSON.stringify(authors);
      const group = together.get(key) ?? { authors, paths: [] };
      group.paths.push(path);
      together.set(key, group);
    }
    const existing = new Set(await this.#place.repository.changed());
    for (const { authors, paths } of together.values()) {
      const changed = paths.filter((path) => existing.has(path));
      const message = changed.length === 1 ? `Edit ${changed[0]}` : `Edit ${changed.length} notes`;
      if (changed.length > 0) await this.#place.repository.commit(changed, authors, message);
      for (const path of paths) this.#place.store.forgetAuthors(path);
    }
  }

  /** What one person has just done, who is known as an author of these paths alone. */
  async #commit(paths: readonly string[], author: Author, message: string): Promise<void> {
    const changed = new Set(await this.#place.repository.changed());
    const there = paths.filter((path) => changed.has(path));
    if (there.length > 0) await this.#place.repository.commit(there, [author], message);
    for (const path of paths) this.#place.store.forgetAuthors(path);
  }

  /** After it the history may be another. */
  async #changing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(work);
    } finally {
      this.#options.onHistory?.(this.#place.repository);
    }
  }

  async #settleAll(): Promise<void> {
    for (const id of this.#place.documents.unsettled()) await this.#place.documents.settle(id);
    await this.vault.refresh([...this.#place.store.authors().keys()]);
  }

  async #settle(path: string): Promise<void> {
    const id = this.#place.store.idOf(path);
    if (id === undefined) return;
    await this.#place.documents.settle(id);
    await this.vault.refresh([path]);
  }

  #changed(paths: readonly string[]): void {
    this.#options.onChange?.(paths);
    if (!this.#closed) this.#soon();
  }

  #soon(): void {
    const { quietMs = 2_000, longestMs = 10_000 } = this.#options;
    if (this.#closed) return;
    clearTimeout(this.#quiet);
    const settle = (): void => {
      clearTimeout(this.#quiet);
      clearTimeout(this.#latest);
      this.#latest = undefined;
      void (this.#options.remote === undefined ? this.commit() : this.sync()).catch((error: unknown) =>
        this.#failed(error),
      );
    };
    this.#quiet = setTimeout(settle, quietMs);
    this.#latest ??= setTimeout(settle, longestMs);
  }

  #pollIn(ms: number): void {
    this.#poll = setTimeout(() => {
      void this.sync()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          if (!this.#closed) this.#pollIn(ms);
        });
    }, ms);
  }

  #failed(error: unknown): void {
    if (!this.#closed) this.#options.onError?.(error);
  }
}
