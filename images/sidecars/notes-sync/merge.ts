import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GitError, type ByteText, type Git } from "./git.ts";

interface Entry {
  readonly mode: string;
  readonly object: string;
}

/** 1 is what both came of, 2 ours, 3 theirs. */
type Stages = ReadonlyMap<number, Entry>;

/**
 * Two commits as one tree. Where git can't decide, both sides stay: lines of both in a text, and of what is no text, or has
 * become something else on one side, ours under a name of its own. A note that one side removed and the other
 * changed stays. No conflict markers.
 */
export async function mergedTree(git: Git, ours: string, theirs: string): Promise<string> {
  const { tree, conflicts } = await mergeTree(git, ours, theirs);
  if (conflicts.size === 0) return tree;
  const entries = new Map<ByteText, Entry | undefined>();
  for (const [path, stages] of conflicts) {
    for (const [at, entry] of await resolved(git, path, stages)) entries.set(at, entry);
  }
  return await treeWith(git, tree, entries);
}

async function mergeTree(git: Git, ours: string, theirs: string) {
  const output = await git
    .run(["merge-tree", "--write-tree", "-z", "--no-messages", "--allow-unrelated-histories", ours, theirs])
    .catch((error: unknown) => {
      // There are conflicts.
      if (error instanceof GitError && error.exitCode === 1) return error.stdout;
      throw error;
    });
  const [tree = "", ...lines] = output.split("\0");
  const conflicts = new Map<ByteText, Map<number, Entry>>();
  for (const line of lines) {
    const [, mode, object, stage, path] = /^(\d+) ([0-9a-f]+) ([123])\t(.*)$/s.exec(line) ?? [];
    if (mode === undefined || object === undefined || path === undefined) continue;
    const stages = conflicts.get(path) ?? new Map<number, Entry>();
    conflicts.set(path, stages.set(Number(stage), { mode, object }));
  }
  return { tree: tree.trim(), conflicts };
}

async function resolved(git: Git, path: ByteText, stages: Stages): Promise<[ByteText, Entry | undefined][]> {
  const [base, ours, theirs] = [stages.get(1), stages.get(2), stages.get(3)];
  if (ours === undefined || theirs === undefined) return [[path, ours ?? theirs]];
  if (ours.object === theirs.object) return [[path, ours]];
  const both = isFile(ours) && isFile(theirs) ? await linesOfBoth(git, base, ours, theirs) : undefined;
  if (both !== undefined) return [[path, { mode: ours.mode, object: both }]];
  return [
    [path, theirs],
    [besides(path, ours.object), ours],
  ];
}

/** A name that says it is another's, and is the same wherever the same is merged. */
export function besides(path: ByteText, object: string): ByteText {
  const name = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const end = dot > name ? dot : path.length;
  return `${path.slice(0, end)} (${object.slice(0, 8)})${path.slice(end)}`;
}

function isFile({ mode }: Entry): boolean {
  return mode.startsWith("100");
}

/** @returns undefined where one of them is no text */
async function linesOfBoth(git: Git, base: Entry | undefined, ours: Entry, theirs: Entry): Promise<string | undefined> {
  const own = join(git.gitDir, "guildnet");
  await mkdir(own, { recursive: true });
  const folder = await mkdtemp(join(own, "merge-"));
  try {
    const file = async (name: string, entry: Entry | undefined): Promise<string> => {
      const content = entry !== undefined && isFile(entry) ? await git.run(["cat-file", "blob", entry.object]) : "";
      await writeFile(join(folder, name), content, "latin1");
      return join(folder, name);
    };
    const files = [await file("ours", ours), await file("base", base), await file("theirs", theirs)];
    const merged = await git.run(["merge-file", "--union", "--stdout", "--quiet", ...files]);
    return await git.line(["hash-object", "-w", "--stdin"], { input: merged });
  } catch (error) {
    if (error instanceof GitError && error.exitCode === 255) return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param entries undefined for those that go */
async function treeWith(git: Git, tree: string, entries: ReadonlyMap<ByteText, Entry | undefined>): Promise<string> {
  const index = join(git.gitDir, "guildnet", "merge-index");
  const env = { GIT_INDEX_FILE: index };
  await rm(index, { force: true });
  try {
    await git.run(["read-tree", tree], { env });
    const lines = [...entries].map(([path, entry]) =>
      entry === undefined ? `0 ${"0".repeat(40)}\t${path}\0` : `${entry.mode} ${entry.object}\t${path}\0`,
    );
    await git.run(["update-index", "-z", "--index-info"], { env, input: lines.join("") });
    return await git.line(["write-tree"], { env });
  } finally {
    await rm(index, { force: true });
  }
}
