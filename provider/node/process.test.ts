import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { containerProcesses, initProcess } from "./process.ts";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** A node's folder that names a first process. */
function folderWith(init: string | object): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, "run"));
  writeFileSync(join(folder, "run", "init.json"), typeof init === "string" ? init : JSON.stringify(init));
  return folder;
}

function startTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
}

/** Starts a program that ends, with all it started, after the test. */
function start(command: string, ...args: string[]): { pid: number; firstLine: Promise<string> } {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const pid = child.pid ?? 0;
  onTestFinished(() => void process.kill(-pid, "SIGKILL"));
  return { pid, firstLine: once(child.stdout, "data").then(([data]) => String(data).trim()) };
}

describe("initProcess", () => {
  const own = { pid: process.pid, startTime: startTime(process.pid), bootId };

  test("finds a process that runs", () => {
    expect(initProcess(folderWith(own))).toBe(process.pid);
  });

  test("finds one whose name looks like the file that tells of it", async () => {
    const { pid, firstLine } = start("bash", "-c", "printf ') Z 1' >/proc/$$/comm; echo ready; sleep 60; :");
    await firstLine;
    expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain("() Z 1)");
    expect(initProcess(folderWith({ pid, startTime: startTime(pid), bootId }))).toBe(pid);
  });

  test("finds none where no node was started", () => {
    expect(initProcess(scratchFolder())).toBeUndefined();
  });

  test.each([
    ["of a recycled number", { ...own, startTime: own.startTime - 1 }],
    ["of another boot", { ...own, bootId: "00000000-0000-0000-0000-000000000000" }],
    ["that is gone", { ...own, pid: 2 ** 22 + 1 }],
    ["that a power cut left as an empty file", ""],
    ["that is half written down", '{"pid":1'],
    ["without a start time", { pid: process.pid, bootId }],
  ])("finds none %s", (_what, init) => {
    expect(initProcess(folderWith(init))).toBeUndefined();
  });

  test("finds none that has ended, though its parent has not asked how", async () => {
    // The child lives until its parent has become a program that asks after no child.
    const { firstLine } = start(
      "bash",
      "-c",
      `bash -c 'while [ "$(</proc/$PPID/comm)" = bash ]; do :; done' & echo $!; exec sleep 60`,
    );
    const zombie = Number(await firstLine);
    await vi.waitFor(() => expect(readFileSync(`/proc/${zombie}/stat`, "utf8")).toContain(") Z "));
    expect(initProcess(folderWith({ pid: zombie, startTime: startTime(zombie), bootId }))).toBeUndefined();
  });
});

describe("containerProcesses", () => {
  test.runIf(process.getuid?.() === 0)(
    "are those below the first process that have a process namespace of their own",
    async () => {
      const outer = start(
        "bash",
        "-c",
        "sleep 60 & unshare --pid --fork --kill-child bash -c 'echo; sleep 60; :' & wait",
      );
      const other = start("unshare", "--pid", "--fork", "--kill-child", "bash", "-c", "echo; sleep 60; :");
      await Promise.all([outer.firstLine, other.firstLine]);
      await vi.waitFor(() => expect(containerProcesses(outer.pid).map(nameOf).sort()).toEqual(["bash", "sleep"]));
      await vi.waitFor(() => expect(containerProcesses(process.pid).length).toBeGreaterThanOrEqual(4));
    },
  );
});

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}
