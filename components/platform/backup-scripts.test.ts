import { execa } from "execa";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { backupScript } from "./backup-scripts.ts";

// The script as a shell runs it; in restic's place stands a program that says how it was called.

const folder = mkdtempSync(join(tmpdir(), "guildnet-backup-scripts-"));
const calls = join(folder, "calls");
const restic = join(folder, "restic");

/** @param behaviour what it does when its first argument is "backup" */
function standIn(behaviour: string): void {
  writeFileSync(restic, `#!/bin/sh\necho "$1" >> ${calls}\n[ "$1" != backup ] || { ${behaviour}; }\n`);
  chmodSync(restic, 0o755);
}

const run = () => execa("sh", ["-c", backupScript, "sh", "--keep-last", "3"], { reject: false, env: { PATH: `${folder}${delimiter}${process.env.PATH}` } });
const called = () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []);

beforeEach(() => rmSync(calls, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a backup", () => {
  it("removes stale locks, makes a snapshot and forgets old ones", async () => {
    standIn("exit 0");
    expect((await run()).exitCode).toBe(0);
    expect(called()).toEqual(["unlock", "backup", "forget"]);
  });

  it("that could not be made ends with what restic ended with, and forgets nothing", async () => {
    standIn("exit 1");
    expect((await run()).exitCode).toBe(1);
    expect(called()).toEqual(["unlock", "backup"]);
  });

  it("that lacks files says so, and keeps its promise for old ones", async () => {
    standIn("exit 3");
    const { exitCode, stdout } = await run();
    expect(exitCode).toBe(3);
    expect(stdout).toContain("lacks the files named above");
    expect(called()).toEqual(["unlock", "backup", "forget"]);
  });

  it("whose pod is ended lets restic give its lock back, and does nothing more", async () => {
    standIn(`trap 'echo unlocked >> ${calls}; exit 130' TERM; echo waiting >> ${calls}; while :; do sleep 0.05; done`);
    const script = run();
    await vi.waitFor(() => expect(called()).toContain("waiting"), { timeout: 10_000 });
    script.kill("SIGTERM");
    expect((await script).exitCode).toBe(143);
    expect(called()).toEqual(["unlock", "backup", "waiting", "unlocked"]);
  });
});
