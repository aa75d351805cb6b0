import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import {
  hasPendingOperations,
  isStale,
  lockHolders,
  removeHalfWritten,
  removeStaleLocks,
  waysOut,
} from "./recovery.ts";
import { markOf } from "./processes.ts";
import { stateFiles, type StateFiles } from "./state-folder.ts";

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
  const lock = (name: string, content: unknown) =>
    writeFileSync(join(files.lockFolder, name), typeof content === "string" ? content : JSON.stringify(content));

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

  it("goes by the kernel where it says more: a machine may have got another name since", () => {
    const mark = markOf(process.pid)!;
    const renamed = { ...here, hostname: "former", username: "somebody", pid: process.pid };
    expect(isStale({ ...renamed, engine: mark }, () => false)).toBe(false);
    expect(isStale({ ...renamed, engine: { ...mark, started: "1" } }, () => true)).toBe(true);
    expect(isStale({ ...renamed, engine: { ...mark, started: "1", boot: "another" } }, () => false)).toBe(false);
    expect(isStale({ ...renamed, engine: { ...mark, started: "1", namespace: "pid:[1]" } }, () => false)).toBe(false);
  });

  it("of a run that can't be seen from here names the way out, and of others there is none", () => {
    const mark = markOf(process.pid)!;
    expect(waysOut({ ...here, pid: 1 }, "dev")).toBe("");
    expect(waysOut({ ...here, hostname: "elsewhere", pid: 1, engine: mark }, "dev")).toBe("");
    expect(waysOut({ ...here, hostname: "elsewhere", pid: 1 }, "dev")).toContain(
      "npm run pulumi -- cancel --yes --stack dev",
    );
    expect(waysOut({ ...here, pid: 1, engine: { ...mark, namespace: "pid:[1]" } }, "dev")).toContain("cancel");
  });

  it("ends an engine whose command was killed, and that alone", async () => {
    const sleeper = spawn("sleep", ["60"]),
      gone = { ...markOf(process.pid)!, started: "1" };
    const ofSleeper = { ...here, pid: sleeper.pid ?? 0, engine: markOf(sleeper.pid ?? 0)! };
    lock("update.json", { ...ofSleeper, writer: markOf(process.pid) });
    expect(removeStaleLocks(files)).toEqual([]);
    lock("update.json", { ...ofSleeper, writer: gone });
    const ended = once(sleeper, "close");
    expect(removeStaleLocks(files)).toEqual([
      expect.stringContaining("Ended an engine"),
      expect.stringContaining("Removed the lock"),
    ]);
    expect(await ended).toEqual([null, "SIGKILL"]);
  });

  it("is stale only when nobody else could hold it", () =>
    expect(isStale({ ...here, pid: 1 }, () => true)).toBe(false));
});

describe("what was half written", () => {
  it("goes, and what is whole or another stack's stays", () => {
    mkdirSync(files.history, { recursive: true });
    const write = (path: string, content: string): string => {
      writeFileSync(path, content);
      return path;
    };
    const half = [
      write(`${files.checkpoint}.18eb0d.tmp`, "{"),
      write(`${files.checkpoint}.attrs`, ""),
      write(join(files.history, "dev-1.history.json.attrs"), ""),
    ];
    const whole = [
      write(files.checkpoint, WHOLE),
      write(`${files.backup}.attrs`, "{}"),
      write(join(files.history, "dev-1.history.json"), ""),
      write(join(dirname(files.checkpoint), "other.json.attrs"), ""),
    ];
    removeHalfWritten(files);
    expect(half.filter(existsSync)).toEqual([]);
    expect(whole.filter(existsSync)).toEqual(whole);
  });
});

describe("pending operations", () => {
  it("are seen in the checkpoint", () => {
    writeFileSync(files.checkpoint, WHOLE);
    expect(hasPendingOperations(files)).toBe(false);
    writeFileSync(
      files.checkpoint,
      JSON.stringify({ checkpoint: { latest: { pending_operations: [{ type: "creating" }] } } }),
    );
    expect(hasPendingOperations(files)).toBe(true);
  });
});
