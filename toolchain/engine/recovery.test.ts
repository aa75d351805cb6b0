import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { hasPendingOperations, isStale, lockHolders, removeHalfWritten, removeStaleLocks, restoreCheckpoint, withoutPendingOperations } from "./recovery.ts";
import { forgetState, hasState, stateFiles, type StateFiles } from "./state-folder.ts";

const scratch = useScratch();
const here = { hostname: hostname(), username: userInfo().username, timestamp: "2026-01-01T00:00:00Z" };
const WHOLE = JSON.stringify({ version: 3, checkpoint: { latest: { resources: [] } } });
let files: StateFiles;

beforeEach(() => {
  files = stateFiles(scratch.home, "guildnet", "dev");
  mkdirSync(files.lockFolder, { recursive: true });
  mkdirSync(dirname(files.checkpoint), { recursive: true });
});

describe("locks", () => {
  const lock = (name: string, content: unknown) => writeFileSync(join(files.lockFolder, name), typeof content === "string" ? content : JSON.stringify(content));

  it("removes that of a process that is gone, and says so", () => {
    lock("a.json", { ...here, pid: 4_194_305 });
    expect(removeStaleLocks(files)).toEqual([expect.stringContaining("4194305")]);
    expect(readdirSync(files.lockFolder)).toEqual([]);
  });

  it("removes that of a process id which some other program has now", () => {
    lock("a.json", { ...here, pid: process.pid });
    expect(removeStaleLocks(files)).toHaveLength(1);
  });

  it("removes one that was cut off while it was written", () => {
    lock("a.json", '{"pid":');
    expect(removeStaleLocks(files)).toHaveLength(1);
  });

  it("removes what a full disk left of one", () => {
    lock("a.json.18eb0c8126fedc7e.tmp", "");
    expect(removeStaleLocks(files)).toHaveLength(1);
    expect(readdirSync(files.lockFolder)).toEqual([]);
  });

  it("leaves that of an engine that runs, and of another machine or user", () => {
    lock("engine.json", { ...here, pid: 7 });
    lock("machine.json", { ...here, hostname: "elsewhere", pid: 8 });
    lock("user.json", { ...here, username: "somebody", pid: 9 });
    expect(removeStaleLocks(files, (pid) => pid === 7)).toEqual([]);
    expect(lockHolders(files).map(({ pid }) => pid)).toEqual([7, 8, 9]);
  });

  it("is stale only when nobody else could hold it", () => expect(isStale({ ...here, pid: 1 }, () => true)).toBe(false));
});

describe("what was half written", () => {
  it("goes, and what is whole or another stack's stays", () => {
    mkdirSync(files.history, { recursive: true });
    const write = (path: string, content: string): string => {
      writeFileSync(path, content);
      return path;
    };
    const half = [write(`${files.checkpoint}.18eb0d.tmp`, "{"), write(`${files.checkpoint}.attrs`, ""), write(join(files.history, "dev-1.history.json.attrs"), "")];
    const whole = [write(files.checkpoint, WHOLE), write(`${files.backup}.attrs`, "{}"), write(join(files.history, "dev-1.history.json"), ""), write(join(dirname(files.checkpoint), "other.json.attrs"), "")];
    removeHalfWritten(files);
    expect(half.filter(existsSync)).toEqual([]);
    expect(whole.filter(existsSync)).toEqual(whole);
  });
});

describe("the checkpoint", () => {
  it("comes back from its backup when it was cut off", () => {
    writeFileSync(files.checkpoint, WHOLE.slice(0, 20));
    writeFileSync(files.backup, WHOLE);
    expect(restoreCheckpoint(files)).toContain("restored");
    expect(readFileSync(files.checkpoint, "utf8")).toBe(WHOLE);
    expect(readFileSync(`${files.checkpoint}.damaged`, "utf8")).toBe(WHOLE.slice(0, 20));
  });

  it.each(["", "null", "[]"])("counts as cut off when it is %j", (content) => {
    writeFileSync(files.checkpoint, content);
    writeFileSync(files.backup, WHOLE);
    expect(restoreCheckpoint(files)).toContain("restored");
  });

  it("is left alone when it is whole, or when there is none", () => {
    expect(restoreCheckpoint(files)).toBeUndefined();
    writeFileSync(files.checkpoint, WHOLE);
    writeFileSync(files.backup, "older");
    expect(restoreCheckpoint(files)).toBeUndefined();
    expect(readFileSync(files.checkpoint, "utf8")).toBe(WHOLE);
  });

  it("is not replaced by a backup that is no better", () => {
    writeFileSync(files.checkpoint, "{");
    writeFileSync(files.backup, "{");
    expect(() => restoreCheckpoint(files)).toThrow(/cut off, and so is its backup/);
    expect(existsSync(files.checkpoint)).toBe(true);
  });

  it("is what shows that a stack exists; its backup outlives it", () => {
    writeFileSync(files.backup, WHOLE);
    expect([hasState(files), restoreCheckpoint(files)]).toEqual([false, undefined]);
    writeFileSync(files.checkpoint, WHOLE);
    expect(hasState(files)).toBe(true);
  });

  it("takes its backups along when it is forgotten", () => {
    for (const folder of [files.olderBackups, files.history, files.lockFolder]) mkdirSync(folder, { recursive: true });
    writeFileSync(files.backup, WHOLE);
    forgetState(files);
    expect([files.backup, files.olderBackups, files.history, files.lockFolder].filter((path) => existsSync(path))).toEqual([]);
  });
});

describe("pending operations", () => {
  it("are seen in the checkpoint", () => {
    writeFileSync(files.checkpoint, WHOLE);
    expect(hasPendingOperations(files)).toBe(false);
    writeFileSync(files.checkpoint, JSON.stringify({ checkpoint: { latest: { pending_operations: [{ type: "creating" }] } } }));
    expect(hasPendingOperations(files)).toBe(true);
  });

  it("are dropped, and nothing else is", () => {
    const state = { version: 3, deployment: { secrets_providers: { type: "passphrase" }, resources: [{ urn: "u" }] } };
    const exported = JSON.stringify({ ...state, deployment: { ...state.deployment, pending_operations: [{ type: "creating" }] } });
    expect(JSON.parse(withoutPendingOperations(exported))).toEqual({ ...state, deployment: { ...state.deployment, pending_operations: [] } });
  });
});
