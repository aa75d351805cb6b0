import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  type RmOptions,
} from "node:fs";
import type * as nodeFs from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useScratch } from "../../toolchain/testing/scratch.ts";
import { stateFiles, type StateFiles } from "../state-folder.ts";
import type { Checkpoint, ResourceState } from "./deployment.ts";
import { foldJournal, Journal } from "./journal-file.ts";
import { entryKind, type JournalEntry } from "./replay.ts";

const synced = vi.hoisted(() => vi.fn<() => void>());
/** The file at whose removal a kill comes. */
const kill = vi.hoisted((): { at?: string } => ({}));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof nodeFs>();
  return {
    ...fs,
    fsyncSync: (file: number) => {
      fs.fsyncSync(file);
      if (fs.fstatSync(file).isFile()) synced();
    },
    rmSync: (path: string, options?: RmOptions) => {
      if (path === kill.at) throw new Error("killed");
      fs.rmSync(path, options);
    },
  };
});

const scratch = useScratch();
const urn = (name: string) => `urn:pulumi:dev::p::t:m:T::${name}`;
let files: StateFiles;
let sequence = 0;
const entry = (kind: number, operationID: number, more: Partial<JournalEntry> = {}): JournalEntry => ({
  version: 1,
  kind,
  operationID,
  sequenceID: ++sequence,
  ...more,
});
const resource = (name: string): ResourceState => ({ urn: urn(name), type: "t:m:T" });
const made = (name: string, operation: number) => entry(entryKind.success, operation, { state: resource(name) });
const state = () => JSON.parse(readFileSync(files.checkpoint, "utf8")) as Checkpoint;
const names = () => state().checkpoint.latest?.resources?.map((resource) => resource.urn.split("::").at(-1));

beforeEach(() => {
  synced.mockClear();
  files = stateFiles(scratch.home, "p", "dev");
  mkdirSync(dirname(files.checkpoint), { recursive: true });
  writeFileSync(
    files.checkpoint,
    JSON.stringify({
      version: 3,
      checkpoint: {
        stack: "organization/p/dev",
        latest: { resources: [resource("old")], secrets_providers: { type: "passphrase" } },
      },
    }),
  );
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
    expect(foldJournal(files)).toEqual({ kind: "taken" });
    expect(names()).toEqual(["new", "old"]);
    expect(state()).toMatchObject({
      version: 3,
      checkpoint: {
        stack: "organization/p/dev",
        latest: { manifest: { version: "v3.0.0" }, secrets_providers: { type: "passphrase" } },
      },
    });
    expect(readFileSync(files.backup, "utf8")).toBe(before);
    expect(foldJournal(files)).toEqual({ kind: "none" });
  });

  it("keeps an operation of whose end nobody told", () => {
    journal(entry(entryKind.begin, 1, { operation: { type: "creating", resource: resource("new") } })).close();
    foldJournal(files);
    expect(state().checkpoint.latest?.pending_operations).toEqual([{ type: "creating", resource: resource("new") }]);
  });

  it("keeps a creation that failed where not all processes came to the end: one that was killed may have made it", () => {
    const failed = ["creating", "updating"].flatMap((type, index) => [
      entry(entryKind.begin, index + 1, { operation: { type, resource: resource(type) } }),
      entry(entryKind.failure, index + 1),
    ]);
    for (const [endedByItself, kept] of [
      [true, undefined],
      [false, [{ type: "creating", resource: resource("creating") }]],
    ] as const) {
      journal(...failed).close();
      foldJournal(files, endedByItself);
      expect(state().checkpoint.latest?.pending_operations).toEqual(kept);
    }
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
    kill.at = files.journal;
    expect(() => foldJournal(files)).toThrow("killed");
    kill.at = undefined;
    const after = readFileSync(files.checkpoint, "utf8");
    expect(names()).toEqual(["new", "old"]);
    expect(foldJournal(files)).toEqual({ kind: "taken" });
    expect(readFileSync(files.checkpoint, "utf8")).toBe(after);
    expect(existsSync(files.journal)).toBe(false);
  });

  it("takes entries in the order of their numbers", () => {
    const first = made("new", 1);
    journal(entry(entryKind.success, 2, { removeNew: 1 }), first).close();
    foldJournal(files);
    expect(names()).toEqual(["old"]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["of a kind it doesn't know", { kind: 99 }, /unknown kind 99/],
    ["of another version", { version: 2 }, /version/],
    ["that says more than it knows", { requiresByteString: true }, /requiresByteString/],
    ["whose state has no name", { state: { type: "t:m:T" } }, /entry 1, state\.urn/],
    [
      "that refers to what is not there",
      { state: { ...resource("new"), dependencies: [urn("lost")] } },
      /not whole[^]*refers to/,
    ],
  ])("refuses an entry %s in words that name a way out, and loses nothing", (_what, more, words) => {
    journal(entry(entryKind.success, 1, more)).close();
    expect(() => foldJournal(files)).toThrow(
      expect.objectContaining({ name: "UserError", message: expect.stringMatching(words) as string }),
    );
    expect(() => foldJournal(files)).toThrow(`mv ${files.journal} `);
    expect(names()).toEqual(["old"]);
    expect(existsSync(files.journal)).toBe(true);
  });

  it.each([
    [
      "of another state than there is",
      () =>
        writeFileSync(
          files.checkpoint,
          JSON.stringify({ version: 3, checkpoint: { latest: { resources: [resource("other")] } } }),
        ),
    ],
    ["of a stack that is gone", () => rmSync(files.checkpoint)],
    ["without a readable heading", () => writeFileSync(files.journal, `?\n${readFileSync(files.journal, "utf8")}`)],
  ])("keeps a journal %s beside, and takes nothing of it", (_what, change) => {
    journal(made("new", 1)).close();
    change();
    const [text, before] = [
      readFileSync(files.journal, "utf8"),
      existsSync(files.checkpoint) && readFileSync(files.checkpoint, "utf8"),
    ];
    const folded = foldJournal(files);
    if (folded.kind !== "aside") throw new Error(`it was ${folded.kind}`);
    expect(readFileSync(folded.file, "utf8")).toBe(text);
    expect(existsSync(files.checkpoint) && readFileSync(files.checkpoint, "utf8")).toBe(before);
    expect(foldJournal(files)).toEqual({ kind: "none" });
  });

  it.each([
    ["", 0],
    ["its heading alone", undefined],
  ])("removes a journal that says nothing: %j", (_what, length) => {
    journal().close();
    truncateSync(files.journal, length ?? readFileSync(files.journal).length);
    expect(foldJournal(files)).toEqual({ kind: "none" });
    expect(existsSync(files.journal)).toBe(false);
  });

  it("says in the state what a reader has to understand", () => {
    journal(
      made("first", 1),
      entry(entryKind.success, 2, { state: { ...resource("new"), replaceWith: [urn("first")] } }),
    ).close();
    foldJournal(files);
    expect(state()).toMatchObject({ version: 4, features: ["replaceWith"] });
  });
});

describe("what is on the disk", () => {
  const begun = (operation: number) =>
    entry(entryKind.begin, operation, { operation: { type: "creating", resource: resource("new") } });

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
    for (const told of [
      entry(entryKind.begin, 1),
      made("old", 1),
      entry(entryKind.outputs, 2, { state: resource("old"), removeNew: 1 }),
    ])
      begin.append([told]);
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
