import { mkdir, readdir, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { scratchFolder, vaultOf, writeFiles } from "../testing/scratch.ts";
import { LARGEST_NOTE_BYTES } from "./files.ts";
import { Vault } from "./vault.ts";

const paths = (notes: readonly { readonly path: string }[]): string[] => notes.map(({ path }) => path);

test("search finds beginnings of words, in any script and accent, best first, with the place", async () => {
  const vault = await vaultOf({
    "garden.md": "# Garden\n\nThe *tomatoes* need water on Tuesday, says #Ada.",
    "a/water.md": "# Water\n\nNothing else.",
    "café.md": "Ein Café in der Straße, 日本語 notes, Ёлка",
  });
  expect(paths(vault.search("water"))).toEqual(["a/water.md", "garden.md"]);
  expect(vault.search("tomat tues")[0]).toMatchObject({ path: "garden.md", title: "Garden", tags: ["Ada"] });
  expect(vault.search("tomat")[0]?.snippet.filter(({ found }) => found)).toEqual([{ text: "tomatoes", found: true }]);
  for (const query of ["cafe", "CAFÉ", "cafe\u0301", "日本", "ёлк"])
    expect(paths(vault.search(query))).toEqual(["café.md"]);
  expect(paths(vault.search('"need water"'))).toEqual(["garden.md"]);
  expect(paths(vault.search('"water need"'))).toEqual([]);
  expect(paths(vault.search("water -tomatoes"))).toEqual(["a/water.md"]);
  expect(paths(vault.search("#ada water"))).toEqual(["garden.md"]);
  expect(paths(vault.search("tag:Ada"))).toEqual(["garden.md"]);
  expect(paths(vault.search("")).sort()).toEqual(["a/water.md", "café.md", "garden.md"]);
});

test.each([
  '"',
  "* OR NOT (",
  "a AND",
  "title:x",
  "^a",
  "NEAR(a b)",
  "-",
  "--",
  "{x}",
  "a'; drop table notes; --",
  "\0",
  "()",
])("%j is no mistake to search for", async (query) => {
  const vault = await vaultOf({ "a.md": "x" });
  expect(() => vault.search(query)).not.toThrow();
  expect(vault.size).toBe(1);
});

test("a link means the note of that path, name or alias, the nearest first", async () => {
  const vault = await vaultOf({
    "Plan.md": "x",
    "work/Plan.md": "x",
    "work/a.md": "[[Plan]]",
    "deep/er/Plan.md": "x",
    "other/b.md": "x",
    "named.md": "---\naliases: [The Big One]\n---\n",
  });
  const from = (path: string, target: string) => vault.resolve({ target }, path);
  expect(from("work/a.md", "Plan")).toBe("work/Plan.md");
  expect(from("other/b.md", "plan")).toBe("Plan.md");
  expect(from("other/b.md", "er/Plan")).toBe("deep/er/Plan.md");
  expect(from("other/b.md", "r/Plan")).toBeUndefined();
  expect(from("other/b.md", "work/PLAN.md")).toBe("work/Plan.md");
  expect(from("other/b.md", "the big one")).toBe("named.md");
  expect(from("other/b.md", "")).toBe("other/b.md");
  expect(from("other/b.md", "../Plan")).toBeUndefined();
});

test("backlinks and the graph follow links, in circles and to what isn't there", async () => {
  const vault = await vaultOf({
    "a.md": "# A\n\nto [[b]] and [[b|again]]\nand [[Nowhere]]",
    "b.md": "[[c]] #t",
    "c.md": "[[a]] [[c]] [[b#x]]",
    "sub/b.md": "[[nowhere]]",
  });
  expect(await vault.backlinks("b.md")).toEqual([
    { path: "a.md", title: "A", lines: ["to [[b]] and [[b|again]]"] },
    { path: "c.md", title: "c", lines: ["[[a]] [[c]] [[b#x]]"] },
  ]);
  expect(await vault.backlinks("c.md")).toMatchObject([{ path: "b.md" }]);
  const { nodes, links } = vault.graph();
  expect(nodes.map(({ id }) => id)).toEqual(["a.md", "b.md", "c.md", "sub/b.md", "missing:nowhere"]);
  expect(links.map(({ source, target }) => `${source}>${target}`).sort()).toEqual([
    "a.md>b.md",
    "a.md>missing:nowhere",
    "b.md>c.md",
    "c.md>a.md",
    "c.md>b.md",
    "sub/b.md>missing:nowhere",
  ]);
  expect(vault.tags()).toEqual([{ tag: "t", count: 1 }]);
});

test("of odd files only notes are notes, and none is read that is none", async () => {
  const outside = await scratchFolder();
  await writeFiles(outside, { "secret.md": "the canary" });
  const vault = await vaultOf({
    "U\u0308ber.md": "decomposed",
    "sp ace.md": "x",
    ".hidden.md": "x",
    ".git/a.md": "x",
    "a.txt": "x",
    "NOTE.MD": "upper",
    "binary.md": new Uint8Array([0, 255, 1]),
    "nul.md": "a\0b",
    "large.md": Buffer.alloc(10 * 1024 * 1024, "word "),
    "bom.md": "\ufeff# Bom",
  });
  await symlink(join(outside, "secret.md"), join(vault.folder, "link.md"));
  await symlink(outside, join(vault.folder, "folder"));
  await mkdir(join(vault.folder, "folder.md"));
  await vault.refresh();
  const kinds = Object.fromEntries(vault.list().map(({ path, kind }) => [path, kind]));
  expect(kinds).toEqual({
    "U\u0308ber.md": "text",
    "sp ace.md": "text",
    "NOTE.MD": "text",
    "binary.md": "binary",
    "nul.md": "binary",
    "large.md": "large",
    "bom.md": "text",
  });
  for (const path of ["link.md", "folder.md"]) await expect(vault.read(path)).rejects.toThrow("There is no note");
  for (const path of ["folder/secret.md"]) await expect(vault.read(path)).rejects.toThrow("doesn't lie in its vault");
  await expect(vault.write("folder/new.md", "x")).rejects.toThrow("is no folder");
  await expect(vault.remove("folder/secret.md")).rejects.toThrow("doesn't lie in its vault");
  await expect(vault.read("../secret.md")).rejects.toThrow("it has to lie in its vault");
  await expect(vault.read("large.md")).rejects.toThrow("is larger than 2 MiB");
  await vault.write("link.md", "a note of its own");
  expect(await readdir(outside)).toEqual(["secret.md"]);
  expect(await vault.read("link.md")).toBe("a note of its own");
  expect(vault.search("canary")).toEqual([]);
  expect(LARGEST_NOTE_BYTES).toBeLessThan(10 * 1024 * 1024);
});

test("what was being written when the machine stopped is in nobody's way", async () => {
  const base = await scratchFolder();
  await writeFiles(base, { "being-written/half": "ha", "vault/a.md": "x" });
  const vault = await Vault.open({ folder: join(base, "vault"), indexFile: join(base, "index.db") });
  expect(await readdir(join(base, "being-written"))).toEqual([]);
  await mkdir(join(vault.files.folder, "b.md"));
  await expect(vault.files.write("b.md", "x")).rejects.toThrow();
  expect([await readdir(join(base, "being-written")), await readdir(join(base, "vault"))]).toEqual([
    [],
    ["a.md", "b.md"],
  ]);
  await vault.close();
});

test("a note that is too much for a parser is read as it stands, and is in no other's way", async () => {
  const odd = {
    "quotes.md": ">".repeat(1_000_000),
    "lists.md": `# odd\n${"- ".repeat(500_000)}`,
    "steps.md": Array.from({ length: 800 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n"),
    "notes.md": "[^a]".repeat(500_000),
    "brackets.md": "[".repeat(100_000),
    "stars.md": "*a **b ".repeat(20_000),
  };
  const vault = await vaultOf({ ...odd, "a.md": "# Sound\n" });
  expect(vault.search("sound").map(({ path }) => path)).toEqual(["a.md"]);
  expect(vault.size).toBe(Object.keys(odd).length + 1);
  for (const path of ["quotes.md", "lists.md", "steps.md", "notes.md"] as const) {
    const html = vault.html(path, odd[path], { note: () => "/", tag: () => "/" });
    expect([path, html.replaceAll(/<\/?(pre|code)>/g, "").trim() === odd[path].trim()]).toEqual([path, true]);
  }
  // What people write is none of it.
  const deep = `${"> ".repeat(20)}deep\n\n${Array.from({ length: 20 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n")}\n\n[^1]\n\n[^1]: x`;
  expect(vault.html("a.md", deep, { note: () => "/", tag: () => "/" })).not.toContain("<pre>");
});

test("no two notes have names that people can't tell apart", async () => {
  const vault = await vaultOf({ "Über.md": "x" });
  for (const path of ["über.md", "U\u0308BER.md"]) {
    await expect(vault.create(path, "y")).rejects.toThrow('There is a note "Über.md" already.');
  }
  await vault.create("sub/Über.md", "y");
  expect(paths(vault.list())).toEqual(["sub/Über.md", "Über.md"]);
});

test("a rename keeps what links mean", async () => {
  const vault = await vaultOf({
    "Plan.md": "# Plan\n\nself [[Plan#x]] and [[other]]",
    "a.md": "[[Plan]], [[plan#h|label]] ![[Plan]] `[[Plan]]` [[Planet]]",
    "sub/b.md": "| x |\n|-|\n| [[Plan\\|in a table]] |\n",
    "other.md": "[[Nothing]]",
    "sub/New.md": "taken",
    "c.md": "[[New]]",
  });
  const texts = await vault.renamed("Plan.md", "area/New.md");
  expect(Object.fromEntries(texts)).toEqual({
    "area/New.md": "# Plan\n\nself [[New#x]] and [[other]]",
    "a.md": "[[New]], [[New#h|label]] ![[New]] `[[Plan]]` [[Planet]]",
    "sub/b.md": "| x |\n|-|\n| [[area/New\\|in a table]] |\n",
    "c.md": "[[sub/New]]",
  });
  await expect(vault.renamed("Plan.md", "OTHER.md")).rejects.toThrow('There is a note "other.md" already.');
  await expect(vault.renamed("Plan.md", "plan.md")).resolves.toBeDefined();
  await expect(vault.renamed("gone.md", "x.md")).rejects.toThrow("There is no note");
});

test("changes on disk are seen by themselves", async () => {
  const vault = await vaultOf({ "a.md": "first" });
  await vault.watch();
  await writeFile(join(vault.folder, "a.md"), "second words");
  await mkdir(join(vault.folder, "new/folder"), { recursive: true });
  await writeFile(join(vault.folder, "new/folder/b.md"), "brand new");
  await vi.waitFor(() => {
    expect(paths(vault.search("second"))).toEqual(["a.md"]);
    expect(paths(vault.search("brand"))).toEqual(["new/folder/b.md"]);
  }, 10_000);
  await rename(join(vault.folder, "new"), join(vault.folder, "moved"));
  await unlink(join(vault.folder, "a.md"));
  await vi.waitFor(() => expect(paths(vault.list())).toEqual(["moved/folder/b.md"]), 10_000);
});

test("what is known of the notes outlives a restart, and is made anew where it is missing, old or damaged", async () => {
  const vault = await vaultOf({ "a.md": "alpha", "b.md": "beta" });
  const indexFile = join(await scratchFolder(), "deep", "index.db");
  const reopened = async (): Promise<readonly string[]> => {
    const changed: string[] = [];
    const again = await Vault.open({ folder: vault.folder, indexFile, onChange: (all) => changed.push(...all) });
    expect(paths(again.search("alpha"))).toEqual(["a.md"]);
    await again.close();
    return changed.sort();
  };
  expect(await reopened()).toEqual(["a.md", "b.md"]);
  expect(await reopened()).toEqual([]);
  await writeFile(join(vault.folder, "b.md"), "changed while nobody looked");
  expect(await reopened()).toEqual(["b.md"]);
  const other = new DatabaseSync(indexFile);
  other.exec("pragma user_version = 999");
  other.close();
  expect(await reopened()).toEqual(["a.md", "b.md"]);
  await writeFile(indexFile, Buffer.alloc(8192, "no database"));
  expect(await reopened()).toEqual(["a.md", "b.md"]);
  await rm(indexFile);
  expect(await reopened()).toEqual(["a.md", "b.md"]);
});
