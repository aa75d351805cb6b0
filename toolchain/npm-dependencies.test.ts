import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { installDependencies, isInstalled } from "./npm-dependencies.mjs";
import { useScratch } from "./testing/scratch.ts";

const scratch = useScratch();
const wanted = { "": {}, "node_modules/a": { version: "1.0.0", integrity: "sha512-a" }, "node_modules/b": { version: "1.0.0", optional: true } };
const file = (...parts: string[]) => join(scratch.path, ...parts);
const lockFile = (packages: object) => writeFileSync(file("package-lock.json"), JSON.stringify({ packages }));
const installed = (packages: object) => {
  mkdirSync(file("node_modules"), { recursive: true });
  writeFileSync(file("node_modules", ".package-lock.json"), JSON.stringify({ packages }));
};
/** Stands in for npm: counts its runs in a file. */
const npm = (script: string) => ["sh", "-c", `echo run >> ${file("runs")}; ${script}`];
const install = (script = "true") => installDependencies(scratch.path, scratch.home.root, { say: () => {}, command: npm(script) });
const runs = () => (existsSync(file("runs")) ? readFileSync(file("runs"), "utf8").trim().split("\n").length : 0);

beforeEach(() => lockFile(wanted));

describe("isInstalled", () => {
  it("believes npm's own account of the same packages, whatever the files' times", () => {
    installed({ "node_modules/a": { version: "v1.0.0", integrity: "sha512-a" } });
    utimesSync(file("package-lock.json"), new Date(), new Date(Date.now() + 60_000));
    expect(isInstalled(scratch.path)).toBe(true);
  });

  it.each([
    ["nothing was installed", undefined],
    ["a package is missing", {}],
    ["a version differs", { "node_modules/a": { version: "0.9.0", integrity: "sha512-a" } }],
    ["the content differs", { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } }],
  ])("is false when %s", (_case, packages) => {
    if (packages !== undefined) installed(packages);
    expect(isInstalled(scratch.path)).toBe(false);
  });
});

describe("installDependencies", () => {
  it("installs once, and again when the lock file changes", async () => {
    await install();
    await install();
    expect(runs()).toBe(1);
    lockFile({ ...wanted, "node_modules/c": { version: "1.0.0" } });
    await install();
    expect(runs()).toBe(2);
  });

  it("installs once for many runs at a time", async () => {
    await Promise.all([install(), install(), install()]);
    expect(runs()).toBe(1);
  });

  it("installs anew after one that failed, which is told with its last lines", async () => {
    await expect(install("echo why; exit 1")).rejects.toMatchObject({ name: "UserError", message: expect.stringMatching(/why[^]*npm\.log/) });
    expect(isInstalled(scratch.path)).toBe(false);
    await install();
    expect(runs()).toBe(2);
  });

  it("does not trust signs of an earlier install while it runs", async () => {
    installed({ "node_modules/a": { version: "0.9.0" } });
    await expect(install(`test ! -e ${file("node_modules", ".package-lock.json")} && exit 7`)).rejects.toThrow();
    expect(existsSync(file("node_modules", ".package-lock.json"))).toBe(false);
  });

  it("takes over the lock of a process that is gone", async () => {
    await install();
    writeFileSync(lockName(), "4194305");
    lockFile({});
    await install();
    expect(runs()).toBe(2);
  });
});

function lockName(): string {
  return join(scratch.home.locks, `npm-${createHash("sha256").update(scratch.path).digest("hex").slice(0, 8)}`);
}
