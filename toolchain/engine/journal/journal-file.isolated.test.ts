import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useScratch } from "../../testing/scratch.ts";
import { stateFiles, type StateFiles } from "../state-folder.ts";
import type { Checkpoint } from "./deployment.ts";
import { foldJournal, Journal } from "./journal-file.ts";
import { entryKind, type JournalEntry } from "./replay.ts";

const synced = vi.hoisted(() => vi.fn<() => void>());
vi.mock("node:fs", async (original) => {
  const fs = await original<{ fsyncSync: (file: number) => void }>();
  return { ...fs, fsyncSync: (file: number) => { fs.fsyncSync(file); synced(); } };
});

const scratch = useScratch();
const urn = (name: string) => `urn:pulumi:dev::p::t:m:T::${name}`;
let files: StateFiles;
let sequence = 0;
const entry = (kind: number, operationID: number, more: Partial<JournalEntry> = {}): JournalEntry => ({ kind, operationID, sequenceID: ++sequence, ...more });
const made = (name: string, operation: number) => entry(entryKind.success, operation, { state: { urn: urn(name) } });
const state = () => JSON.parse(readFileSync(files.checkpoint, "utf8")) as Checkpoint;
const names = () => state().checkpoint.latest?.resources?.map((resource) => resource.urn.split("::").at(-1));

beforeEach(() => {
  synced.mockClear();
  files = stateFiles(scratch.home, "p", "dev");
  mkdirSync(dirname(files.checkpoint), { recursive: true });
  writeFileSync(files.checkpoint, JSON.stringify({ version: 3, checkpoint: { stack: "organization/p/dev", latest: { resources: [{ urn: urn("old") }], secrets_providers: { type: "passphrase" } } } }));
});

function journal(...entries: JournalEntry[]): Journal {
  const begun = new Journal(files, "v3.0.0");
  begun.append(entries);
  return begun;
}

describe("folding", () => {
  it("puts what was told into the state, keeps the one before as a backup, and is done", () => {
    const before = readFileSync(files.checkpoint, "utf8");
    journal(made("new", 1)).close();
    expect(foldJournal(files)).toBe(true);
    expect(names()).toEqual(["new", "old"]);
    expect(state()).toMatchObject({ version: 3, checkpoint: { stack: "organization/p/dev", latest: { manifest: { version: "v3.0.0" }, secrets_providers: { type: "passphrase" } } } });
    expect(readFileSync(files.backup, "utf8")).toBe(before);
    expect(foldJournal(files)).toBe(false);
  });

  it("keeps an operation of whose end nobody told", () => {
    journal(entry(entryKind.begin, 1, { operation: { type: "creating", resource: { urn: urn("new") } } })).close();
    foldJournal(files);
    expect(state().checkpoint.latest?.pending_operations).toEqual([{ type: "creating", resource: { urn: urn("new") } }]);
  });

  it("leaves out a last line that was cut off", () => {
    journal(made("new", 1)).close();
    appendFileSync(files.journal, JSON.stringify(made("torn", 2)).slice(0, -3));
    foldJournal(files);
    expect(names()).toEqual(["new", "old"]);
  });

  it("ends where a power cut left something unreadable", () => {
    journal(made("new", 1)).close();
    appendFileSync(files.journal, `\0\0\0\n${JSON.stringify(made("lost", 2))}\n`);
    foldJournal(files);
    expect(names()).toEqual(["new", "old"]);
  });

  it("changes nothing when it was cut off between the state's writing and the journal's removal", () => {
    journal(made("new", 1)).close();
    const text = readFileSync(files.journal);
    foldJournal(files);
    const after = readFileSync(files.checkpoint, "utf8");
    writeFileSync(files.journal, text);
    expect(foldJournal(files)).toBe(true);
    expect(readFileSync(files.checkpoint, "utf8")).toBe(after);
    expect(existsSync(files.journal)).toBe(false);
  });

  it("takes entries in the order of their numbers", () => {
    const first = made("new", 1);
    journal(entry(entryKind.success, 2, { removeNew: 1 }), first).close();
    foldJournal(files);
    expect(names()).toEqual(["old"]);
  });

  it("refuses an entry of a kind it doesn't know, and loses nothing", () => {
    journal(entry(99, 1)).close();
    expect(() => foldJournal(files)).toThrow("unknown kind 99");
    expect(names()).toEqual(["old"]);
    expect(existsSync(files.journal)).toBe(true);
  });

  it("says in the state what a reader has to understand", () => {
    journal(entry(entryKind.success, 1, { state: { urn: urn("new"), replaceWith: [urn("old")] } })).close();
    foldJournal(files);
    expect(state()).toMatchObject({ version: 4, features: ["replaceWith"] });
  });
});

describe("what is on the disk", () => {
  const begun = (operation: number) => entry(entryKind.begin, operation, { operation: { type: "creating", resource: { urn: urn("new") } } });

  it("is the heading, and each step that changes something outside, before it and after it", () => {
    const begin = journal();
    expect(synced).toHaveBeenCalledTimes(1);
    for (const [index, told] of [begun(1), made("new", 1), begun(2), entry(entryKind.failure, 2)].entries()) {
      begin.append([entry(entryKind.outputs, 9), told, entry(entryKind.begin, 10 + index)]);
      expect(synced).toHaveBeenCalledTimes(2 + index);
    }
  });

  it("may come later where a step changes nothing but the state", () => {
    const begin = journal();
    synced.mockClear();
    for (const told of [entry(entryKind.begin, 1), made("old", 1), entry(entryKind.outputs, 2, { state: { urn: urn("old") }, removeNew: 1 })]) begin.append([told]);
    expect(synced).not.toHaveBeenCalled();
    begin.close();
    foldJournal(files);
    expect(names()).toEqual(["old", "old"]);
  });
});

it("doesn't begin over a journal that nobody has folded", () => {
  journal().close();
  expect(() => new Journal(files, "v3.0.0")).toThrow(/EEXIST/);
  expect(existsSync(join(dirname(files.journal), "dev.jsonl"))).toBe(true);
});
