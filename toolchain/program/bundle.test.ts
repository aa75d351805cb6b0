import { execa } from "execa";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { bundleOf } from "./bundle.mjs";

const scratch = useScratch();
const write = (name: string, text: string) => writeFileSync(join(scratch.path, name), text);
const bundle = () => bundleOf(scratch.path, "index.ts");
const loader = pathToFileURL(join(import.meta.dirname, "loader.mjs")).href;
/** What the program exports, as Node itself sees it. */
const run = async () =>
  (
    await execa(
      process.execPath,
      [
        "--import",
        loader,
        "--input-type=module",
        "--eval",
        "console.log(JSON.stringify(await import(process.cwd() + '/index.ts')))",
      ],
      { cwd: scratch.path },
    )
  ).stdout;

beforeEach(() => {
  mkdirSync(join(scratch.path, "stacks"));
  write("package.json", '{ "type": "module" }');
  write("stacks/guild.ts", "export const people: string[] = ['ada'];");
  write(
    "index.ts",
    'import { people } from "./stacks/guild.ts";\nexport const count: number = people.length;\nexport const where = import.meta.filename.endsWith("index.ts");\n',
  );
});

it("lets Node run a program in TypeScript, where it stands", async () => {
  expect(JSON.parse(await run())).toEqual({ count: 1, where: true });
});

it("follows a change in any file of it", async () => {
  await run();
  write("stacks/guild.ts", "export const people: string[] = ['ada', 'grace'];");
  expect(JSON.parse(await run())).toMatchObject({ count: 2 });
});

it("bundles nothing again while nothing changed, whatever the files' times", async () => {
  const { ino } = statSync(await bundle());
  write("stacks/guild.ts", "export const people: string[] = ['ada'];");
  expect(statSync(await bundle()).ino).toBe(ino);
});

it("bundles once more when a file of it is gone", async () => {
  await bundle();
  write("index.ts", "export const count = 0;");
  await bundle();
  write("index.ts", 'import { people } from "./stacks/other.ts";\nexport const count = people.length;');
  await expect(bundle()).rejects.toThrow(/stacks\/other\.ts/);
});

it("says where a source can't be read", async () => {
  write("stacks/guild.ts", "export const people: = [];");
  await expect(bundle()).rejects.toThrow(/stacks\/guild\.ts:1:21/);
});

it("lets a command that is split run where its bundle is, load late what it imports late, and find what stands beside its sources", async () => {
  write(
    "stacks/late.ts",
    'import { basename } from "node:path";\nexport const beside = basename(import.meta.dirname), url = import.meta.url;\n',
  );
  write("command.ts", 'export const main = async () => (await import("./stacks/late.ts"));\n');
  const file = await bundleOf(scratch.path, "command.ts", { split: true });
  const { main } = (await import(file)) as { main: () => Promise<{ beside: string; url: string }> };
  expect(await main()).toMatchObject({
    beside: "stacks",
    url: pathToFileURL(join(scratch.path, "stacks/late.ts")).href,
  });
  expect(readFileSync(file, "utf8")).not.toContain('stacks/late.ts"');
});

it("is made again where a file of it is gone from the cache", async () => {
  const file = await bundle();
  rmSync(file);
  expect(JSON.parse(await run())).toMatchObject({ count: 1 });
});

it("is made again where the folder was moved with it: it holds where its sources stand", async () => {
  write("command.ts", "export const where = import.meta.dirname;\n");
  await bundleOf(scratch.path, "command.ts", { split: true });
  const moved = `${scratch.path}-moved`;
  renameSync(scratch.path, moved);
  try {
    const { where } = (await import(await bundleOf(moved, "command.ts", { split: true }))) as { where: string };
    expect(where).toBe(moved);
  } finally {
    renameSync(moved, scratch.path);
  }
});
