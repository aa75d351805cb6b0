import { execa } from "execa";
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { backupScript, restoreScript } from "./scripts.ts";

// The scripts as a shell runs them, on a folder in the volume's place; in restic's place stands a program that says how it was called.

const folder = mkdtempSync(join(tmpdir(), "guildnet-backup-scripts-"));
const calls = join(folder, "calls");
const restic = join(folder, "restic");
const volume = join(folder, "volume"),
  lastWords = join(folder, "last-words");

/** @param behaviour what it does, by its first argument */
function standIn(behaviour: Readonly<Record<string, string>>): void {
  const cases = Object.entries(behaviour).map(([command, does]) => `${command}) ${does} ;;`);
  writeFileSync(restic, ["#!/bin/sh", `echo "$@" >> ${calls}`, 'case "$1" in', ...cases, "esac", ""].join("\n"));
  chmodSync(restic, 0o755);
}

const here = (script: string) =>
  script
    .replaceAll("/volume", volume)
    .replaceAll("/tmp/errors", join(folder, "errors"))
    .replaceAll("/dev/termination-log", lastWords);
const run = (script = backupScript, env: Record<string, string> = {}) =>
  execa("sh", ["-c", here(script), "sh", "--keep-last", "3"], {
    reject: false,
    env: { ...env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
const calledWith = () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []);
const called = () => calledWith().map((line) => line.split(" ")[0]);

beforeEach(() => {
  for (const path of [calls, volume, lastWords]) rmSync(path, { force: true, recursive: true });
  mkdirSync(volume);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a backup", () => {
  it("removes stale locks, makes a snapshot and forgets old ones", async () => {
    standIn({ backup: "exit 0" });
    expect((await run()).exitCode).toBe(0);
    expect(called()).toEqual(["unlock", "backup", "forget"]);
  });

  it("that could not be made ends with what restic ended with, and forgets nothing", async () => {
    standIn({ backup: "exit 1" });
    expect((await run()).exitCode).toBe(1);
    expect(called()).toEqual(["unlock", "backup"]);
  });

  it("that lacks files says so, and keeps its promise for old ones", async () => {
    standIn({ backup: `echo "error: open ${volume}/d: permission denied" >&2; exit 3`, ls: `echo '{"type":"file"}'` });
    const { exitCode, stdout, stderr } = await run();
    expect(exitCode).toBe(0);
    expect(stdout).toContain("lacks the files named above");
    expect(stderr).toContain(`open ${volume}/d`);
    expect(readFileSync(lastWords, "utf8")).toBe(`error: open ${volume}/d: permission denied\n`);
    expect(called()).toEqual(["unlock", "backup", "ls", "forget"]);
  });

  it("of a volume of which no file could be read has failed", async () => {
    standIn({ backup: "exit 3", ls: `echo '{"type":"dir"}'` });
    const { exitCode, stdout } = await run();
    expect(exitCode).toBe(3);
    expect(stdout).toContain("No file of the volume could be read.");
    expect(calledWith().slice(2)).toEqual(["ls --no-lock --json latest", "forget latest"]);
  });

  it("says whose the files are, and how much room they take on the disk, holes not counted", async () => {
    const disk = openSync(join(volume, "disk.img"), "w");
    ftruncateSync(disk, 2 ** 33);
    closeSync(disk);
    mkdirSync(join(volume, ".before-restore-1"));
    writeFileSync(join(volume, ".before-restore-1/old"), Buffer.alloc(3 * 2 ** 20, 1));
    writeFileSync(join(volume, "file"), Buffer.alloc(2 ** 20, 1));
    standIn({});
    await run(backupScript, { OWNER: "ada" });
    const [, line] = calledWith();
    const kib = Number(/--tag kib=(\d+) --tag owner=ada /.exec(line ?? "")?.[1]);
    expect(kib).toBeGreaterThanOrEqual(1024);
    expect(kib).toBeLessThan(2048);
    rmSync(calls);
    await run();
    expect(calledWith()[1]).not.toContain("owner");
  });

  it("whose pod is ended lets restic give its lock back, and does nothing more", async () => {
    standIn({
      backup: `trap 'echo unlocked >> ${calls}; exit 130' TERM; echo waiting >> ${calls}; while :; do sleep 0.05; done`,
    });
    const script = run();
    await vi.waitFor(() => expect(called()).toContain("waiting"), { timeout: 10_000 });
    script.kill("SIGTERM");
    expect((await script).exitCode).toBe(143);
    expect(called()).toEqual(["unlock", "backup", "waiting", "unlocked"]);
  });
});

describe("a restore", () => {
  const restore = (env: Record<string, string> = {}) =>
    run(restoreScript, { ACTION: "restore", SNAPSHOT: "abcd", ...env });

  it("brings holes back as holes, and puts aside what is there", async () => {
    writeFileSync(join(volume, "file"), "unsaved");
    standIn({ restore: `mkdir -p ${volume}/.restoring && echo saved > ${volume}/.restoring/file` });
    const { exitCode, stdout } = await restore();
    expect(exitCode).toBe(0);
    expect(calledWith()).toEqual([`restore --no-lock --sparse abcd:${volume} --target ${volume}/.restoring`]);
    expect(readFileSync(join(volume, "file"), "utf8")).toBe("saved\n");
    const [, aside = ""] = /What was there before is in (\S+)\./.exec(stdout) ?? [];
    expect(readFileSync(join(volume, aside, "file"), "utf8")).toBe("unsaved");
  });

  it("that fails leaves the volume as it found it", async () => {
    writeFileSync(join(volume, "file"), "unsaved");
    standIn({
      restore: `mkdir -p ${volume}/.restoring/locked && chmod 500 ${volume}/.restoring/locked; echo "no space left on device" >&2; exit 1`,
    });
    expect((await restore()).exitCode).toBe(1);
    expect(readdirSync(volume)).toEqual(["file"]);
  });

  it("says what there is, and how much room", async () => {
    standIn({ snapshots: "echo '[]'" });
    const { stdout } = await restore({ ACTION: "list" });
    const [room = "", snapshots] = stdout.split("\n");
    expect(snapshots).toBe("[]");
    const { kib, free } = JSON.parse(room) as { kib: number; free: number };
    expect(kib).toBeGreaterThan(free);
    expect(free).toBeGreaterThan(0);
  });
});
