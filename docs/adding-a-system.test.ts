import { execa } from "execa";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The page on adding a system, followed word for word in a copy of the project.

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(import.meta.dirname, "adding-a-system.md"), "utf8");
const blocks = [...page.matchAll(/^```(ts|diff) (\S+)\n(.*?)^```$/gms)].map(([, kind, file = "", text = ""]) => ({
  kind,
  file,
  text,
}));

/** What lint, schema and tests of the two folders read. */
const COPIED = [
  "components",
  "index.ts",
  "events",
  "docs",
  "policy",
  "provider",
  "stacks",
  "tests",
  "toolchain",
  ".oxlintrc.json",
  "Pulumi.dev.yaml",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
const MADE = new Set(["dist", "node_modules"]);

/** A guild with a noticeboard, and the same without: what differs. */
const inAGuild = `
import { expect, test } from "vitest";
import { record } from "../components/testing/record.ts";
import { resourceRules, stackRules } from "../policy/src/rules.ts";
import { stackViolations, violations } from "../policy/src/testing/check.ts";
import { parseGuild } from "./check/parse.ts";
import { guild } from "./guild.ts";

const images = { workspace: "example.org/workspace:1", portal: "example.org/portal:1" };
const made = async (raw: object) => {
  let notes: string[] = [];
  const all = await record(() => void ({ notes } = guild(parseGuild({ images, ...raw }, {}))));
  return { all, notes };
};

test("a guild has a noticeboard where its config says so, and nothing of it otherwise", async () => {
  const without = await made({}), { all, notes } = await made({ noticeboard: { text: "Cake at four" } });
  const before = new Map(without.all.map((resource) => [resource.urn, resource]));
  expect(without.all.filter(({ name }) => /noticeboard|busybox/.test(name))).toEqual([]);
  const added = all.filter(({ urn }) => !before.has(urn));
  expect(added.map(({ name }) => name)).toEqual(expect.arrayContaining(["noticeboard", "noticeboard-deployment", "cluster-image-busybox", "you-network-to-noticeboard"]));
  expect(added.filter(({ name }) => !/noticeboard|busybox/.test(name))).toEqual([]);
  const changed = all.filter(({ urn, inputs }) => before.has(urn) && JSON.stringify(inputs) !== JSON.stringify(before.get(urn)?.inputs)).map(({ name }) => name);
  // The workspace is given it, and the portal shows it.
  expect(changed.sort()).toEqual(["portal-systems", "you-deployment"]);
  const urn = (wanted: string) => all.find(({ name }) => name === wanted)?.urn;
  expect(all.find(({ name }) => name === "noticeboard-deployment")?.dependencies).toEqual(expect.arrayContaining(["cluster-image-busybox", "scheduling-platform"].map(urn)));
  expect(notes.join()).toContain("noticeboard");
  const given = all.filter(({ custom }) => custom).map(({ type, inputs }) => ({ type, props: inputs }));
  for (const rule of resourceRules) expect(given.flatMap((resource) => violations(rule, resource)), rule.name).toEqual([]);
  for (const rule of stackRules) expect(stackViolations(rule, given), rule.name).toEqual([]);
});

test("a mistake in what the noticeboard says is told as all others are", () => {
  expect(() => parseGuild({ noticeboard: { txet: "Cake" } }, {})).toThrow(/noticeboard\\.text[^]*add it[^]*noticeboard\\.txet[^]*did you mean "text"/);
});
`;

const copy = mkdtempSync(join(tmpdir(), "guildnet-system-"));
const run = (command: string, args: string[]) =>
  execa(join(root, "node_modules/.bin", command), args, {
    cwd: copy,
    reject: false,
    all: true,
    env: { NO_COLOR: "1", GUILDNET_TEST_COUNTS: undefined },
  });

beforeAll(async () => {
  for (const part of COPIED)
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: (source) => !MADE.has(basename(source)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const { kind, file, text } of blocks) {
    const target = join(copy, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, kind === "ts" ? text : added(readFileSync(target, "utf8"), text, file));
  }
  await run("tsx", ["stacks/write-schema.ts"]);
}, 120_000);

afterAll(() => rmSync(copy, { recursive: true }));

test("touches eight files at most, and no more than the page says", () => {
  const touched = filesOf(copy).filter(
    (file) => !existsSync(join(root, file)) || !readFileSync(join(copy, file)).equals(readFileSync(join(root, file))),
  );
  expect(touched.sort()).toEqual([...new Set([...blocks.map(({ file }) => file), "stacks/guild.schema.json"])].sort());
  expect(touched.length).toBeLessThanOrEqual(8);
  expect(readFileSync(join(copy, "stacks/guild.schema.json"), "utf8")).toContain(
    "A page of text that every workspace may read.",
  );
});

describe("what the page makes", () => {
  test("passes lint, types and floors included", async () => {
    const { all, exitCode } = await run("oxlint", ["components", "stacks", "toolchain/images"]);
    expect(exitCode, all).toBe(0);
  }, 120_000);

  test("is in a guild, and holds to the contract of components and the policies", async () => {
    writeFileSync(join(copy, "stacks/in-a-guild.test.ts"), inAGuild);
    const { all, exitCode } = await run("vitest", [
      "run",
      "--project",
      "unit",
      "--testNamePattern",
      "[Nn]oticeboard|^Workspace ",
      "stacks/in-a-guild.test.ts",
      "stacks/stack-file-schema.test.ts",
      "components/contract.test.ts",
      "components/noticeboard",
    ]);
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(/4 passed \(4\)/);
  }, 120_000);
});

/** A text with what a block adds to it, after the line that the block begins with. */
function added(before: string, block: string, file: string): string {
  const [first = "", ...more] = block.trimEnd().split("\n"),
    line = `${first.slice(1)}\n`;
  if (before.split(line).length !== 2) throw new Error(`${file} has not just one line ${JSON.stringify(line)}`);
  return before.replace(line, () => `${line}${more.map((each) => `${each.slice(1)}\n`).join("")}`);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => !file.startsWith("node_modules") && statSync(join(folder, file)).isFile())
    .map((file) => relative(folder, join(folder, file)));
}
