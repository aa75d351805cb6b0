import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openLog } from "../log.ts";
import { UserError } from "../errors.ts";
import { useScratch } from "../testing/scratch.ts";
import { folderTool } from "./folder-tool.ts";
import { installLocked, requireTools } from "./require-tools.ts";
import type { Source } from "./source.ts";

vi.mock("../progress.ts", () => ({
  runSteps: async (steps: { run: (report: () => void) => Promise<void> }[]) => {
    for (const { run } of steps) await run(() => {});
  },
}));

const scratch = useScratch();
const context = (offline = false) => ({
  home: scratch.home,
  log: openLog(scratch.home, "fake"),
  offline,
  report: () => {},
});

function source(kind: Source["kind"], options: { available?: boolean; fails?: Error; files?: readonly string[] } = {}) {
  const provide = vi.fn(async (folder: string) => {
    for (const file of options.files ?? ["fake"]) writeFileSync(join(folder, file), kind);
    if (options.fails !== undefined) throw options.fails;
  });
  return { kind, available: async () => options.available ?? true, provide };
}

const fake = (sources: readonly Source[], version = "1.0") =>
  folderTool({ name: "fake", title: "Fake", version, files: ["fake"], sources });

describe("install", () => {
  it("takes the first source that is available and records it", async () => {
    const tool = fake([source("registries"), source("archive"), source("machine", { available: false })]);
    expect(tool.find(scratch.home)).toBeUndefined();
    await tool.install(context());
    expect(tool.find(scratch.home)).toEqual({
      version: "1.0",
      path: join(scratch.home.tools, "fake", "1.0"),
      source: "archive",
    });
  });

  it("is from registries alone when offline", async () => {
    const tool = fake([source("registries"), source("archive"), source("machine")]);
    await tool.install(context(true));
    expect(tool.find(scratch.home)?.source).toBe("registries");
  });

  it("goes on to the next source when a download breaks off, without its half", async () => {
    const tool = fake([source("archive", { fails: new Error("reset"), files: ["half"] }), source("registries")]);
    await tool.install(context());
    expect(readdirSync(join(scratch.home.tools, "fake", "1.0")).sort()).toEqual([".done.json", "fake"]);
  });

  it("does not go on when an archive is not what was pinned", async () => {
    const last = source("registries");
    const tool = fake([source("archive", { fails: new UserError("checksum-mismatch", "no") }), last]);
    await expect(tool.install(context())).rejects.toMatchObject({ code: "checksum-mismatch" });
    expect(last.provide).not.toHaveBeenCalled();
    expect(tool.find(scratch.home)).toBeUndefined();
  });

  it("fails when the folder lacks a file, and leaves nothing that looks finished", async () => {
    const tool = fake([source("registries", { files: ["other"] })]);
    await expect(tool.install(context())).rejects.toMatchObject({ code: "tool-incomplete" });
    expect(existsSync(join(scratch.home.tools, "fake"))).toBe(false);
  });

  it("says so when there is no way", async () => {
    await expect(fake([source("archive")]).install(context(true))).rejects.toMatchObject({ code: "tool-unavailable" });
  });

  it("clears what a killed run left, and replaces a folder without its mark", async () => {
    const left = join(scratch.home.tools, ".tmp-fake-1");
    const place = join(scratch.home.tools, "fake", "1.0");
    for (const folder of [left, place]) {
      mkdirSync(folder, { recursive: true });
      for (const file of ["half", "fake"]) writeFileSync(join(folder, file), "");
    }
    const tool = fake([source("registries")]);
    expect(tool.find(scratch.home)).toBeUndefined();
    await tool.install(context());
    expect(existsSync(left)).toBe(false);
    expect(existsSync(join(place, "half"))).toBe(false);
  });

  it("keeps other versions", async () => {
    await fake([source("registries")]).install(context());
    const next = fake([source("registries")], "2.0");
    await next.install(context());
    expect(readdirSync(join(scratch.home.tools, "fake")).sort()).toEqual(["1.0", "2.0"]);
  });
});

it("is missing again once one of its files is gone", async () => {
  const tool = fake([source("machine")]);
  await tool.install(context());
  rmSync(join(scratch.home.tools, "fake", "1.0", "fake"));
  expect(tool.find(scratch.home)).toBeUndefined();
});

describe("requireTools", () => {
  it("installs once for many runs at a time", async () => {
    const only = source("registries");
    const tool = fake([only]);
    await Promise.all([1, 2, 3].map(() => installLocked(tool, context())));
    expect(only.provide).toHaveBeenCalledTimes(1);
  });

  it("does nothing when all is there", async () => {
    const only = source("registries");
    const tool = fake([only]);
    const first = await requireTools([tool], { home: scratch.home, offline: false });
    expect(await requireTools([tool], { home: scratch.home, offline: false })).toEqual(first);
    expect(only.provide).toHaveBeenCalledTimes(1);
    expect(readFileSync(join(first.fake?.path ?? "", "fake"), "utf8")).toBe("registries");
  });
});
