import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useScratch } from "../toolchain/testing/scratch.ts";
import { projectName, removeIfEmpty } from "./state-folder.ts";

const scratch = useScratch();
const project = (text: string): string => {
  writeFileSync(join(scratch.path, "Pulumi.yaml"), text);
  return scratch.path;
};

it("knows a project by the name in its file", () => {
  expect(projectName(project("name: lab\nruntime: nodejs\n"))).toBe("lab");
});

it("says which file it can't read, and what is wrong with it", () => {
  expect(() => projectName(scratch.path)).toThrow(/no project in .*: it has no Pulumi\.yaml/);
  expect(() => projectName(project("name: lab\ndescription: one thing: another\n"))).toThrow(
    /Pulumi\.yaml is not valid YAML: .*line 2/,
  );
  expect(() => projectName(project("runtime: nodejs\n"))).toThrow(/Pulumi\.yaml has no `name`/);
  expect(() => projectName(project(""))).toThrow(/Pulumi\.yaml has no `name`/);
});

it("removes a folder that holds nothing, keeps one that another stack has a file in, and minds none that is gone", () => {
  const [empty, used] = [join(scratch.path, "empty"), join(scratch.path, "used")];
  mkdirSync(empty);
  mkdirSync(used);
  writeFileSync(join(used, "lock"), "");
  for (const folder of [empty, used, empty]) removeIfEmpty(folder);
  expect([existsSync(empty), existsSync(used)]).toEqual([false, true]);
});
