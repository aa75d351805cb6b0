import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type Statement } from "node:sqlite";
import type { FileStamp } from "./files.ts";
import type { LinkNames } from "./links.ts";
import { linkKey, nameOf } from "./note-path.ts";
import type { Note } from "./note.ts";
import { readQuery } from "./query.ts";

/** Another number has an index made anew; so does whatever can't be read. */
const VERSION = 1;

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table notes (
    id integer primary key, path text not null unique, key text not null, name text not null, title text not null,
    kind text not null, mtime real not null, size integer not null
  );
  create index notes_by_key on notes (key);
  create index notes_by_name on notes (name);
  create table aliases (note integer not null, alias text not null, key text not null);
  create index aliases_by_key on aliases (key);
  create index aliases_by_note on aliases (note);
  create table tags (note integer not null, tag text not null, key text not null);
  create index tags_by_key on tags (key);
  create index tags_by_note on tags (note);
  create table links (note integer not null, target text not null, key text not null, name text not null);
  create index links_by_name on links (name);
  create index links_by_note on links (note);
  create virtual table words using fts5 (
    title, aliases, tags, body, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
  );
  pragma user_version = ${VERSION};
`;

/** What lists show of a note. */
export interface NoteSummary {
  readonly path: string;
  readonly title: string;
  /** Only texts can be read and edited. */
  readonly kind: "text" | "binary" | "large";
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  readonly tags: readonly string[];
}

export interface Hit extends NoteSummary {
  /** A line around what was found, in turn what was not searched for and what was. */
  readonly snippet: readonly SnippetPart[];
}

export interface SnippetPart {
  readonly text: string;
  readonly found: boolean;
}

export interface TagCount {
  readonly tag: string;
  readonly count: number;
}

/** A link as it stands in a note, which may lead nowhere. */
export interface IndexedLink {
  readonly source: string;
  readonly target: string;
}

const START = "\u0001";
const END = "\u0002";

/** What is known of a vault's notes, in SQLite: made from the files alone, so that it may be lost at any time. */
export class NoteIndex implements LinkNames {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Statement>();

  /** @param file beside the vault, not in it; `:memory:` for one that is never kept */
  constructor(file: string) {
    this.#database = openDatabase(file);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  /** All that happens in it is kept, or nothing of it. */
  together(work: () => void): void {
    this.#database.exec("begin immediate");
    try {
      work();
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }

  /**
   * Paths, and what their files were when they were read.
   * @param paths those that are asked for; without, all
   */
  stamps(paths?: readonly string[]): Map<string, FileStamp> {
    const sql = "select path, mtime, size from notes";
    const rows =
      paths === undefined ? this.#all(sql) : paths.flatMap((path) => this.#all(`${sql} where path = ?`, path));
    return new Map(
      rows.map(({ path, mtime, size }) => [path as string, { mtimeMs: Number(mtime), size: Number(size) }]),
    );
  }

  put(path: string, stamp: FileStamp, kind: NoteSummary["kind"], note: Note): void {
    this.remove(path);
    const add = "insert into notes (path, key, name, title, kind, mtime, size) values (?, ?, ?, ?, ?, ?, ?)";
    const { title, aliases, tags, links, words } = note;
    const id = this.#run(add, path, linkKey(path), linkKey(nameOf(path)), title, kind, stamp.mtimeMs, stamp.size);
    this.#run(
      "insert into words (rowid, title, aliases, tags, body) values (?, ?, ?, ?, ?)",
      ...[id, `${title} ${nameOf(path)}`, aliases.join(" "), tags.join(" "), words],
    );
    for (const alias of aliases) this.#run("insert into aliases values (?, ?, ?)", id, alias, linkKey(alias));
    for (const tag of tags) this.#run("insert into tags values (?, ?, ?)", id, tag, tag.toLowerCase());
    for (const target of new Set(links.map((link) => link.target).filter(Boolean))) {
      this.#run("insert into links values (?, ?, ?, ?)", id, target, linkKey(target), linkKey(nameOf(target)));
    }
  }

  remove(path: string): void {
    const id = this.#get("select id from notes where path = ?", path)?.["id"];
    if (id === undefined) return;
    for (const table of ["aliases", "tags", "links"]) this.#run(`delete from ${table} where note = ?`, Number(id));
    this.#run("delete from words where rowid = ?", Number(id));
    this.#run("delete from notes where id = ?", Number(id));
  }

  get size(): number {
    return Number(this.#get("select count(*) as n from notes")?.["n"]);
  }

  find(path: string): NoteSummary | undefined {
    return this.#summaries("where path = ?", path)[0];
  }

  list(): NoteSummary[] {
    return this.#summaries("order by path");
  }

  /** Best first; without words, newest first. */
  search(text: string, most: number): Hit[] {
    const { match, tags } = readQuery(text);
    const tagged = tags.map(() => "and exists (select 1 from tags where note = n.id and key = ?)").join(" ");
    if (match === undefined) {
      const where = tags.length === 0 && text.trim() !== "" ? "and false" : tagged;
      const found = this.#summaries(`where true ${where} order by mtime desc, path limit ?`, ...tags, most);
      return found.map((note) => ({ ...note, snippet: [] }));
    }
    const sql = `
      select n.*, ${TAGS_OF} as tag_list, snippet(words, 3, '${START}', '${END}', '…', 16) as snippet
      from words join notes n on n.id = words.rowid
      where words match ? ${tagged} order by bm25(words, 10, 8, 6, 1), n.path limit ?`;
    return this.#all(sql, match, ...tags, most).map((row) => ({
      ...summary(row),
      snippet: snippetParts(row["snippet"] as string),
    }));
  }

  /** The most used first. */
  tags(): TagCount[] {
    const rows = this.#all("select min(tag) as tag, count(*) as count from tags group by key order by count desc, key");
    return rows.map(({ tag, count }) => ({ tag: tag as string, count: Number(count) }));
  }

  withKey(key: string): string[] {
    return this.#paths("select path from notes where key = ?", key);
  }

  withName(name: string): string[] {
    return this.#paths("select path from notes where name = ?", name);
  }

  withAlias(key: string): string[] {
    return this.#paths("select path from aliases join notes on notes.id = note where aliases.key = ?", key);
  }

  links(): IndexedLink[] {
    const rows = this.#all("select path, target from links join notes on notes.id = note order by path, links.rowid");
    return rows.map(({ path, target }) => ({ source: path as string, target: target as string }));
  }

  linksOf(path: string): string[] {
    const rows = this.#all(
      "select target from links join notes on notes.id = note where path = ? order by links.rowid",
      path,
    );
    return rows.map(({ target }) => target as string);
  }

  /** All that might mean this note: by its file's name, another of its names, or those of `others`. */
  linksTowards(path: string, ...others: string[]): IndexedLink[] {
    const names = this.#all("select alias from aliases join notes on notes.id = note where path = ?", path).map(
      ({ alias }) => linkKey(nameOf(alias as string)),
    );
    const wanted = [...new Set([...[path, ...others].map((each) => linkKey(nameOf(each))), ...names])];
    const rows = this.#all(
      `select path, target from links join notes on notes.id = note
       where links.name in (${wanted.map(() => "?").join(", ")}) order by path, links.rowid`,
      ...wanted,
    );
    return rows.map((row) => ({ source: row["path"] as string, target: row["target"] as string }));
  }

  #summaries(where: string, ...values: (string | number)[]): NoteSummary[] {
    return this.#all(`select n.*, ${TAGS_OF} as tag_list from notes n ${where}`, ...values).map(summary);
  }

  #paths(sql: string, ...values: string[]): string[] {
    return this.#all(sql, ...values).map(({ path }) => path as string);
  }

  #all(sql: string, ...values: (string | number)[]) {
    return this.#statement(sql).all(...values);
  }

  #get(sql: string, ...values: (string | number)[]) {
    return this.#statement(sql).get(...values);
  }

  #run(sql: string, ...values: (string | number)[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

const TAGS_OF = "(select json_group_array(tag) from tags where note = n.id)";

function summary(row: Record<string, unknown>): NoteSummary {
  return {
    path: row["path"] as string,
    title: row["title"] as string,
    kind: row["kind"] as NoteSummary["kind"],
    changedAt: Number(row["mtime"]),
    tags: JSON.parse(row["tag_list"] as string) as string[],
  };
}

function snippetParts(marked: string): SnippetPart[] {
  const parts: SnippetPart[] = [];
  for (const piece of marked.split(START)) {
    const end = piece.indexOf(END);
    if (end >= 0) parts.push({ text: piece.slice(0, end), found: true });
    parts.push({ text: piece.slice(end + 1), found: false });
  }
  return parts.filter(({ text }) => text !== "");
}

/** A file that is of another version, or no database at all, is thrown away: all in it stands in the notes. */
function openDatabase(file: string): DatabaseSync {
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
  try {
    return database(file);
  } catch {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
    return database(file);
  }
}

function database(file: string): DatabaseSync {
  const opened = new DatabaseSync(file);
  try {
    const version = Number(opened.prepare("pragma user_version").get()?.["user_version"]);
    const isEmpty = opened.prepare("select 1 from sqlite_master").get() === undefined;
    if (isEmpty) opened.exec(SCHEMA);
    else if (version !== VERSION) throw new Error(`an index of version ${version}`);
    else if (opened.prepare("pragma quick_check(1)").get()?.["quick_check"] !== "ok")
      throw new Error("a damaged index");
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}
