import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_ROOT } from "../../toolchain/project.ts";
import { total } from "./test.ts";

it("counts the tests of all runs together", () => {
  const lines = [
    { passed: 3, failed: 0, skipped: 1 },
    { passed: 4, failed: 2, skipped: 0 },
  ].map((counts) => `${JSON.stringify(counts)}\n`);
  expect(total(lines.join(""))).toEqual({ passed: 7, failed: 2, skipped: 1 });
});

it("counts none where no run got as far", () => expect(total("")).toEqual({ passed: 0, failed: 0, skipped: 0 }));

it("keeps files that replace modules, or how they are loaded, from sharing what they import", () => {
  const folders = [
    "cli",
    "engine",
    "toolchain",
    "provider",
    "components",
    "stacks",
    "policy/src",
    "images/notes",
    "images/portal",
    "images/pod",
    "images/sidecars",
    "benchmarks",
  ];
  const files = folders
    .flatMap((folder) =>
      readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(PROJECT_ROOT, folder, file),
      ),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"));
  expect(files.length).toBeGreaterThan(100);
  const replaces = /^vi\.mock\(|vi\.resetModules\(|[_]load\b|require\.cache|Error\.prepareStackTrace =/m;
  expect(
    files.filter((file) => replaces.test(readFileSync(file, "utf8")) && !file.endsWith(".isolated.test.ts")),
  ).toEqual([]);
});
