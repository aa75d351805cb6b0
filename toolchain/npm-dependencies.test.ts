import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { markOf } from "../engine/processes.ts";
import { installDependencies, isInstalled } from "./npm-dependencies.mjs";
import { useScratch } from "./testing/scratch.ts";

const scratch = useScratch();
const wanted = {
  "": {},
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/b": { version: "1.0.0", optional: true },
};
const file = (...parts: string[]) => join(scratch.path, ...parts);
const lockFile = (packages: object) => writeFileSync(file("package-lock.json"), JSON.stringify({ packages }));
const installed = (packages: object) => {
  mkdirSync(file("node_modules"), { recursive: true });
  writeFileSync(file("node_modules", ".package-lock.json"), JSON.stringify({ packages }));
};
/** Stands in for npm: counts its runs in a file. */
const npm = (script: string) => ["sh", "-c", `echo run >> ${file("runs")}; ${script}`];
const install = (script = "true") =>
  installDependencies(scratch.path, scratch.home.root, { say: () => {}, command: npm(script) });
const runs = () => (existsSync(file("runs")) ? readFileSync(file("runs"), "utf8").trim().split("\n").length : 0);

beforeEach(() => lockFile(wanted));

describe("isInstalled", () => {
  it("believes npm's own account of the same packages, whatever the files' times", () => {
    installed({ "node_modules/a": { version: "v1.0.0", integrity: "sha512-a" } });
    utimesSync(file("package-lock.json"), new Date(), new Date(Date.now() + 60_000));
    expect(isInstalled(scratch.path)).toBe(true);
  });

  it.each<[string, object | undefined, object?]>([
    ["nothing was installed", undefined],
    ["a package is missing", {}],
    ["a version differs", { "node_modules/a": { version: "0.9.0", integrity: "sha512-a" } }],
    [
      "a binary of this very platform is missing, which is optional",
      { "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } },
      { "node_modules/here": { version: "1.0.0", optional: true, os: [process.platform], cpu: [process.arch] } },
    ],
    ["the content differs", { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } }],
  ])("is false when %s", (_case, packages, more = {}) => {
    lockFile({ ...wanted, ...more });
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
    await expect(install("echo why; exit 1")).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(/why[^]*npm\.log/),
    });
    expect(isInstalled(scratch.path)).toBe(false);
    await install();
    expect(runs()).toBe(2);
  });

  it("does not trust signs of an earlier install while it runs", async () => {
    installed({ "node_modules/a": { version: "0.9.0" } });
    await expect(install(`test ! -e ${file("node_modules", ".package-lock.json")} && exit 7`)).rejects.toThrow();
    expect(existsSync(file("node_modules", ".package-lock.json"))).toBe(false);
  });

  it("ends with the run that was ended, and leaves the next one nothing to wait for", async () => {
    const module = fileURLToPath(new URL("npm-dependencies.mjs", import.meta.url)),
      pid = file("pid");
    const command = ["sh", "-c", `echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sleep 60`];
    const run = spawn(process.execPath, [
      "--input-type=module",
      "--eval",
      `const { installDependencies } = await import(${JSON.stringify(module)}); await installDependencies(${JSON.stringify(scratch.path)}, ${JSON.stringify(scratch.home.root)}, { command: ${JSON.stringify(command)} });`,
    ]);
    await vi.waitFor(() => expect(existsSync(pid)).toBe(true), { timeout: 10_000 });
    run.kill("SIGKILL");
    await vi.waitFor(() => expect(markOf(Number(readFileSync(pid, "utf8")))).toBeUndefined());
    expect(isInstalled(scratch.path)).toBe(false);
    await install();
    expect(runs()).toBe(1);
  });

  // npm itself, without a registry: a package that is a folder of the checkout.
  it("is complete whatever the environment and people's own settings leave out", async () => {
    writeFileSync(
      file("package.json"),
      JSON.stringify({
        name: "x",
        version: "1.0.0",
        devDependencies: { d: "file:d" },
        optionalDependencies: { o: "file:o" },
      }),
    );
    for (const name of ["d", "o"]) {
      mkdirSync(file(name));
      writeFileSync(file(name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    }
    writeFileSync(
      file("package-lock.json"),
      JSON.stringify({
        name: "x",
        version: "1.0.0",
        lockfileVersion: 3,
        requires: true,
        packages: {
          "": { name: "x", version: "1.0.0", devDependencies: { d: "file:d" }, optionalDependencies: { o: "file:o" } },
          d: { version: "1.0.0", dev: true },
          o: { version: "1.0.0", optional: true },
          "node_modules/d": { resolved: "d", link: true },
          "node_modules/o": { resolved: "o", link: true },
        },
      }),
    );
    writeFileSync(file("npmrc"), "omit[]=dev\nomit[]=optional\n");
    vi.stubEnv("NODE_ENV", "production");
    vi.stubEnv("NPM_CONFIG_USERCONFIG", file("npmrc"));
    await installDependencies(scratch.path, scratch.home.root, { say: () => {} });
    vi.unstubAllEnvs();
    expect(["d", "o"].filter((name) => existsSync(file("node_modules", name)))).toEqual(["d", "o"]);
  });
});
