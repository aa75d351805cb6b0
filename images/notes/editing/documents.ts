import * as Y from "yjs";
import type { Author } from "../git/author.ts";
import { isMissing, type VaultFiles } from "../vault/files.ts";
import type { DocumentStore, StoredDocument } from "./document-store.ts";
import { changeOf, documentOf, stateOf, textOf } from "./merge.ts";

/** A change by a person, as Yjs hands it on; Hocuspocus has others, which `authorOf` knows. */
export interface Editing {
  readonly authorOf: (origin: unknown) => Author | undefined;
  /** A document has what no file has yet. */
  readonly onEdit: (path: string) => void;
  /** A note is gone: whoever has it open can't go on. */
  readonly onGone: (id: string) => void;
}

interface Live {
  readonly document: Y.Doc;
  /** Of the last change that is stored. */
  number: number;
  readonly detach: () => void;
}

/** Changes that came from a file, and so are in it. */
export const FROM_FILE = { source: "local", skipStoreHooks: true, context: {} } as const;

/**
 * Notes that are open, or were, as documents that many may edit, each in step with its file. A document is never ahead
 * of what is stored, and whatever its file has by then, whoever wrote it, is merged into it.
 */
export class Documents {
  readonly #files: VaultFiles;
  readonly #store: DocumentStore;
  readonly #editing: Editing;
  readonly #live = new Map<string, Live>();

  constructor(files: VaultFiles, store: DocumentStore, editing: Editing) {
    this.#files = files;
    this.#store = store;
    this.#editing = editing;
  }

  /** Those that may be other than their files. */
  unsettled(): string[] {
    return [...new Set([...this.#live.keys(), ...this.#store.unwritten()])];
  }

  /** @returns the id of a note's document */
  open(path: string, text: string): string {
    return this.#store.idOf(path) ?? this.#store.create(path, stateOf(oneLineEnd(text))).id;
  }

  /** Brings the document into `document`, and keeps from now on what is changed there. @throws where it is gone */
  attach(id: string, document: Y.Doc): void {
    const stored = this.#store.get(id);
    if (stored === undefined) throw new Error("this document is gone");
    for (const update of [stored.base, ...stored.updates.map((each) => each.update)])
      Y.applyUpdate(document, update, FROM_FILE);
    const keep = (update: Uint8Array, origin: unknown): void => {
      if (origin === FROM_FILE) return;
      const path = this.#store.pathOf(id);
      if (path === undefined) return;
      live.number = this.#store.add(id, path, update, this.#editing.authorOf(origin));
      this.#editing.onEdit(path);
    };
    const live: Live = {
      document,
      number: stored.updates.at(-1)?.number ?? 0,
      detach: () => document.off("update", keep),
    };
    document.on("update", keep);
    this.#live.set(id, live);
  }

  detach(id: string): void {
    this.#live.get(id)?.detach();
    this.#live.delete(id);
  }

  /** Makes document and file the same, with what either has that the other has not. Only one at a time. */
  async settle(id: string): Promise<void> {
    const stored = this.#store.get(id);
    if (stored === undefined) return;
    const isOpen = this.#live.has(id);
    if (!isOpen) this.attach(id, new Y.Doc());
    try {
      await this.#settle(stored, this.#live.get(id)!);
    } finally {
      if (!isOpen) this.detach(id);
    }
  }

  async #settle(stored: StoredDocument, live: Live): Promise<void> {
    const { id, path } = stored;
    const inFile = await this.#textOfFile(path);
    const base = this.#baseOf(stored, inFile);
    const baseText = textOf(documentOf(base));
    if (inFile === undefined && textOf(live.document) === baseText) {
      this.#store.remove(path);
      this.detach(id);
      this.#editing.onGone(id);
      return;
    }
    if (inFile !== undefined && inFile !== baseText) {
      const change = changeOf(base, inFile);
      // Stored first: the same change, found once more after a crash, would be in the document twice.
      this.#store.rebased(id, Y.encodeStateAsUpdate(documentOf(base, change)));
      Y.applyUpdate(live.document, change, FROM_FILE);
    }
    // What people write from here on is for the next time.
    const text = textOf(live.document),
      state = Y.encodeStateAsUpdate(live.document),
      { number } = live;
    if (text !== inFile) {
      this.#store.beginWrite(id, number);
      await this.#files.write(path, text);
    }
    this.#store.written(id, state, number);
  }

  /** The document when its file was last as it, which a write that was cut off after all may have been. */
  #baseOf({ id, base, updates, writing }: StoredDocument, inFile: string | undefined): Uint8Array {
    if (writing === undefined) return base;
    const written = documentOf(base, ...updates.filter(({ number }) => number <= writing).map(({ update }) => update));
    if (textOf(written) !== inFile) return base;
    const state = Y.encodeStateAsUpdate(written);
    this.#store.written(id, state, writing);
    return state;
  }

  async #textOfFile(path: string): Promise<string | undefined> {
    try {
      const content = await this.#files.read(path);
      return content?.kind === "text" ? oneLineEnd(content.text) : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** Editors count the end of a line as one letter. */
export function oneLineEnd(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}
