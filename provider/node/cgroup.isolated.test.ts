import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as promises from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../testing/scratch.ts";
import { cgroupOf, createCgroup, removeCgroup } from "./cgroup.ts";

vi.mock("node:fs/promises", { spy: true });

/** A mount point with the given files; every file of the kernel's own would be there already. */
function mountPoint(files: Record<string, string>): string {
  const root = scratchFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const version1 = (): string =>
  mountPoint({
    "memory/cgroup.procs": "",
    "cpuset/cgroup.procs": "",
    "cpuset/cpuset.cpus": "0-3\n",
    "cpuset/cpuset.mems": "0\n",
    "lost+found/other": "",
  });

test("each node has a cgroup of its own", () => {
  expect(cgroupOf("guild-test", false)).toBe("/guildnet-guild-test");
  expect(cgroupOf("guild-test", true)).toBe("/system.slice/guildnet-guild-test.service/pods");
});

describe("version 1", () => {
  test("has the cgroup in every hierarchy, and in no other folder", async () => {
    const root = version1();
    await createCgroup("/node", root);
    expect(["memory", "cpuset", "lost+found"].map((name) => existsSync(join(root, name, "node")))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("gets the processors of the machine, unless it has some", async () => {
    const root = version1();
    mkdirSync(join(root, "cpuset/node"));
    writeFileSync(join(root, "cpuset/node/cpuset.cpus"), "\n");
    writeFileSync(join(root, "cpuset/node/cpuset.mems"), "1\n");
    await createCgroup("/node", root);
    expect(readFileSync(join(root, "cpuset/node/cpuset.cpus"), "utf8")).toBe("0-3\n");
    expect(readFileSync(join(root, "cpuset/node/cpuset.mems"), "utf8")).toBe("1\n");
  });
});

describe("version 2", () => {
  const version2 = (controllers: string): string =>
    mountPoint({
      "cgroup.controllers": controllers,
      "cgroup.subtree_control": "before",
      "system.slice/cgroup.procs": "",
    });

  test("has the cgroup once, with every controller handed down", async () => {
    const root = version2("cpu memory pids\n");
    await createCgroup("/node", root);
    expect([existsSync(join(root, "node")), existsSync(join(root, "system.slice/node"))]).toEqual([true, false]);
    expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toBe("+cpu +memory +pids");
  });

  test("hands down nothing where there is nothing to hand down", async () => {
    const root = version2("\n");
    await createCgroup("/node", root);
    expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toBe("before");
  });

  test("leaves the processors to the kernel, which gives those of the root, where no file names them", async () => {
    const root = version2("cpuset\n");
    mkdirSync(join(root, "node"));
    writeFileSync(join(root, "node/cpuset.cpus"), "\n");
    await createCgroup("/node", root);
    expect(readFileSync(join(root, "node/cpuset.cpus"), "utf8")).toBe("\n");
  });
});

describe("removal", () => {
  test("takes the cgroup and all below it from every hierarchy, and no other", async () => {
    const root = version1();
    for (const name of ["memory", "cpuset"]) mkdirSync(join(root, name, "node/pods/one"), { recursive: true });
    mkdirSync(join(root, "memory/node-2"));
    await removeCgroup("/node", root);
    expect(["memory/node", "cpuset/node", "memory/node-2"].map((path) => existsSync(join(root, path)))).toEqual([
      false,
      false,
      true,
    ]);
    await expect(removeCgroup("/node", root)).resolves.toBeUndefined();
  });

  test("waits for a process that is just ending", async () => {
    const root = version1();
    mkdirSync(join(root, "memory/node"));
    vi.mocked(promises.rmdir).mockRejectedValueOnce(Object.assign(new Error("busy"), { code: "EBUSY" }));
    await removeCgroup("/node", root);
    expect(existsSync(join(root, "memory/node"))).toBe(false);
  });

  test("does nothing on a machine without cgroups", async () => {
    await expect(removeCgroup("/node", join(scratchFolder(), "nothing"))).resolves.toBeUndefined();
  });
});
