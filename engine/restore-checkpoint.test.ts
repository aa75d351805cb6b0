import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { damageOf, restoreCheckpoint } from "./restore-checkpoint.ts";
import { forgetState, hasState, stateFiles, type StateFiles } from "./state-folder.ts";

const scratch = useScratch();
const urn = (name: string) => `urn:pulumi:dev::p::t:m:T::${name}`;
let files: StateFiles;

/** A state of the given minute. */
function whole(minute: number, names: string[] = ["one"]): string {
  const resources = names.map((name) => ({ urn: urn(name), type: "t:m:T" }));
  return JSON.stringify({
    version: 3,
    checkpoint: {
      latest: { manifest: { time: `2026-01-01T00:0${minute}:00Z` }, ...(names.length > 0 && { resources }) },
    },
  });
}

beforeEach(() => {
  files = stateFiles(scratch.home, "guildnet", "dev");
  for (const folder of [
    dirname(files.checkpoint),
    files.history,
    files.olderBackups,
    files.lockFolder,
    dirname(files.journal),
  ])
    mkdirSync(folder, { recursive: true });
});

const history = (minute: number, text = whole(minute)) =>
  writeFileSync(join(files.history, `dev-176000000${minute}000000000.checkpoint.json`), text);
const state = () => readFileSync(files.checkpoint, "utf8");
const damagedOnes = () => readdirSync(dirname(files.checkpoint)).filter((name) => name.includes(".damaged-"));

describe("a damaged state file", () => {
  beforeEach(() => writeFileSync(files.checkpoint, whole(3).slice(0, 40)));

  it("comes back as the last update left it, not as the one before began", () => {
    history(2);
    history(3);
    writeFileSync(files.backup, whole(2));
    expect(restoreCheckpoint(files)).toMatch(/cut off[^]*-1760000003[^]*2026-01-01T00:03:00Z[^]*is not in it/);
    expect(state()).toBe(whole(3));
  });

  it("comes back from the newest whole copy, wherever that is", () => {
    history(1);
    history(3, whole(3).slice(0, 50));
    writeFileSync(files.backup, whole(2));
    expect(restoreCheckpoint(files)).toContain(files.backup);
    expect(state()).toBe(whole(2));
  });

  it("comes back as that which the journal goes on from, and nothing is lost", () => {
    history(1);
    writeFileSync(files.backup, whole(2));
    writeFileSync(
      files.journal,
      `${JSON.stringify({ checkpoint: createHash("sha256").update(whole(1)).digest("hex"), version: "v3" })}\n`,
    );
    expect(restoreCheckpoint(files)).toContain("nothing is lost");
    expect(state()).toBe(whole(1));
  });

  it("is kept, and the one before it too", () => {
    history(3);
    restoreCheckpoint(files, new Date("2026-01-01T00:00:00Z"));
    writeFileSync(files.checkpoint, "{");
    restoreCheckpoint(files, new Date("2026-01-02T00:00:00Z"));
    expect(damagedOnes()).toEqual(["dev.json.damaged-20260101T000000", "dev.json.damaged-20260102T000000"]);
  });

  it("is not replaced by the empty stack that it was before its first update", () => {
    const damaged = whole(3).slice(0, 100);
    writeFileSync(files.checkpoint, damaged);
    writeFileSync(files.backup, whole(1, []));
    expect(() => restoreCheckpoint(files)).toThrow(/only whole copy beside it is of the empty stack[^]*cp /);
    expect(state()).toBe(damaged);
  });

  it("is not replaced by copies that are no better", () => {
    writeFileSync(files.backup, "{");
    expect(() => restoreCheckpoint(files)).toThrow(/there is no whole copy/);
    expect(existsSync(files.checkpoint)).toBe(true);
  });
});

it("leaves a state file alone that is whole, and a stack that is not there", () => {
  expect(restoreCheckpoint(files)).toBeUndefined();
  writeFileSync(files.backup, "older");
  expect([hasState(files), restoreCheckpoint(files)]).toEqual([false, undefined]);
  writeFileSync(files.checkpoint, whole(1));
  expect([hasState(files), restoreCheckpoint(files)]).toEqual([true, undefined]);
  expect(state()).toBe(whole(1));
});

describe("damage", () => {
  const one = { urn: urn("one"), type: "t:m:T" };
  const of = (resources: unknown[]) => JSON.stringify({ version: 3, checkpoint: { latest: { resources } } });

  it.each([
    ["a cut", whole(1).slice(0, 60), "cut off"],
    ["nothing at all", "", "empty"],
    ["null", "null", "cut off"],
    ["another thing", "[]", "cut off"],
    ["a resource without its name", of([one, { urm: urn("two"), type: "t:m:T" }]), "resource 2 of 2 has no URN"],
    ["a resource without its type", of([{ urn: urn("one"), tipe: "" }]), "has no type"],
    [
      "a dependency that is not there",
      of([one, { urn: urn("two"), type: "t:m:T", dependencies: [urn("uno")] }]),
      `refers to ${urn("uno")}`,
    ],
    [
      "a parent that comes later",
      of([
        { ...one, parent: urn("two") },
        { urn: urn("two"), type: "t:m:T" },
      ]),
      `refers to ${urn("two")}`,
    ],
    ["a provider that is not there", of([{ ...one, provider: `${urn("p")}::id` }]), `refers to ${urn("p")}`],
  ])("is %s", (_what, text, words) => {
    writeFileSync(files.checkpoint, text);
    expect(damageOf(files.checkpoint)).toContain(words);
  });

  it.each([
    ["a stack of nothing", JSON.stringify({ version: 3, checkpoint: {} })],
    [
      "one whose provider went before what waits to be made anew",
      of([{ ...one, provider: `${urn("p")}::id`, pendingReplacement: true }]),
    ],
    [
      "one that refers to what is there",
      of([
        one,
        {
          urn: urn("two"),
          type: "t:m:T",
          parent: urn("one"),
          dependencies: [urn("one")],
          propertyDependencies: { a: [urn("one")], b: null },
        },
      ]),
    ],
  ])("is not %s", (_what, text) => {
    writeFileSync(files.checkpoint, text);
    expect(damageOf(files.checkpoint)).toBeUndefined();
  });
});

it("takes its copies along when it is forgotten", () => {
  writeFileSync(files.backup, whole(1));
  const more = [`${files.checkpoint}.damaged-1`, `${files.journal}.unapplied-1`, `${files.journal}.folding`];
  for (const file of more) writeFileSync(file, "");
  writeFileSync(join(dirname(files.checkpoint), "dev2.json.damaged-1"), "");
  forgetState(files);
  expect(
    [files.backup, files.olderBackups, files.history, files.lockFolder, ...more].filter((path) => existsSync(path)),
  ).toEqual([]);
  expect(damagedOnes()).toEqual(["dev2.json.damaged-1"]);
});
