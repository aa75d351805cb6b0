import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Author } from "../git/author.ts";

/**
 * A document that people edit: its state when its file was written last, and each change since. `writing` tells of a
 * write that may have been cut off: the number of the last change that is in it.
 */
export interface StoredDocument {
  readonly id: string;
  readonly path: string;
  readonly base: Uint8Array;
  readonly updates: readonly StoredUpdate[];
  readonly writing: number | undefined;
}

export interface StoredUpdate {
  readonly number: number;
  readonly update: Uint8Array;
}

/** From one commit, which is undefined where there was none, to another. */
export interface Merge {
  readonly before: string | undefined;
  readonly after: string;
}

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table if not exists documents (id text primary key, path text not null unique, base blob not null, writing integer);
  create table if not exists updates (number integer primary key autoincrement, document text not null, data blob not null);
  create index if not exists updates_by_document on updates (document);
  create table if not exists authors (path text not null, name text not null, email text not null, primary key (path, email));
  create table if not exists merges (before text not null, after text not null);
  create table if not exists merged (path text primary key);
  pragma user_version = 1;
`;

/**
 * Keeps every change before anybody hears of it, so that a server that is killed has lost nothing that it took, and
 * people who were connected find the same document, not its text twice.
 */
export class DocumentStore {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file);
    this.#database.exec(SCHEMA);
  }

  close(): void {
    this.#database.close();
  }

  create(path: string, base: Uint8Array): StoredDocument {
    const id = randomUUID();
    this.#run("insert into documents (id, path, base) values (?, ?, ?)", id, path, base);
    return { id, path, base, updates: [], writing: undefined };
  }

  at(path: string): StoredDocument | undefined {
    return this.#document("path", path);
  }

  get(id: string): StoredDocument | undefined {
    return this.#document("id", id);
  }

  pathOf(id: string): string | undefined {
    return this.#database.prepare("select path from documents where id = ?").get(id)?.["path"] as string | undefined;
  }

  idOf(path: string): string | undefined {
    return this.#database.prepare("select id from documents where path = ?").get(path)?.["id"] as string | undefined;
  }

  /** Those with changes that are in no file yet. */
  unwritten(): string[] {
    const rows = this.#database.prepare("select id from documents where id in (select document from updates)").all();
    return rows.map(({ id }) => id as string);
  }

  /** @param author whose change it is; undefined for what is in git already */
  add(id: string, path: string, update: Uint8Array, author: Author | undefined): number {
    const { lastInsertRowid } = this.#database
      .prepare("insert into updates (document, data) values (?, ?)")
      .run(id, update);
    if (author !== undefined) this.addAuthor(path, author);
    return Number(lastInsertRowid);
  }

  /** The file was changed outside: `base` is the document as it would be with that change alone. */
  rebased(id: string, base: Uint8Array): void {
    this.#run("update documents set base = ?, writing = null where id = ?", base, id);
  }

  beginWrite(id: string, number: number): void {
    this.#run("update documents set writing = ? where id = ?", number, id);
  }

  /** From now on the file has what `base` has. */
  written(id: string, base: Uint8Array, number: number): void {
    this.#database.exec("begin immediate");
    this.#run("update documents set base = ?, writing = null where id = ?", base, id);
    this.#run("delete from updates where document = ? and number <= ?", id, number);
    this.#database.exec("commit");
  }

  move(from: string, to: string): void {
    this.#run("update documents set path = ? where path = ?", to, from);
    this.#run("update or replace authors set path = ? where path = ?", to, from);
  }

  remove(path: string): void {
    this.#run("delete from updates where document in (select id from documents where path = ?)", path);
    this.#run("delete from documents where path = ?", path);
  }

  addAuthor(path: string, { name, email }: Author): void {
    this.#run("insert or ignore into authors values (?, ?, ?)", path, name, email);
  }

  /** Who has changed what is not committed yet, in the order they began. */
  authors(): Map<string, Author[]> {
    const authors = new Map<string, Author[]>();
    for (const { path, name, email } of this.#database.prepare("select * from authors order by rowid").all()) {
      const known = authors.get(path as string) ?? [];
      authors.set(path as string, [...known, { name: name as string, email: email as string }]);
    }
    return authors;
  }

  forgetAuthors(path: string): void {
    this.#run("delete from authors where path = ?", path);
  }

  /** A change of git's that is on its way into the folder, file by file. */
  beginMerge({ before, after }: Merge): void {
    this.#run("insert into merges values (?, ?)", before ?? "", after);
  }

  mergeUnderWay(): Merge | undefined {
    const row = this.#database.prepare("select * from merges").get();
    if (row === undefined) return undefined;
    return { before: (row["before"] as string) || undefined, after: row["after"] as string };
  }

  addMerged(path: string): void {
    this.#run("insert or ignore into merged values (?)", path);
  }

  isMerged(path: string): boolean {
    return this.#database.prepare("select 1 from merged where path = ?").get(path) !== undefined;
  }

  endMerge(): void {
    this.#database.exec("begin immediate; delete from merges; delete from merged; commit");
  }

  #document(column: "id" | "path", value: string): StoredDocument | undefined {
    const row = this.#database.prepare(`select * from documents where ${column} = ?`).get(value);
    if (row === undefined) return undefined;
    const id = row["id"] as string;
    const updates = this.#database
      .prepare("select number, data from updates where document = ? order by number")
      .all(id);
    return {
      id,
      path: row["path"] as string,
      base: row["base"] as Uint8Array,
      updates: updates.map(({ number, data }) => ({ number: Number(number), update: data as Uint8Array })),
      writing: row["writing"] === null ? undefined : Number(row["writing"]),
    };
  }

  #run(sql: string, ...values: (string | number | Uint8Array)[]): void {
    this.#database.prepare(sql).run(...values);
  }
}
