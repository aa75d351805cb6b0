import { PatchesError } from "./errors.ts";
import { checked, oidSchema } from "./ids.ts";
import { changedFiles, fileDiffs } from "./diff.ts";
import type { ChangedFile, FileDiff } from "./diff.ts";
import { git, said } from "./place.ts";
import type { Repository } from "./place.ts";

/** From one commit to another, as a revision has it. */
export interface Range {
  readonly base: string;
  readonly oid: string;
}

/** What is shown at once. All else is listed, and can be asked for by its path. */
export interface DiffBounds {
  /** Files with their lines. */
  readonly files: number;
  /** Lines that differ, in one file and in all. */
  readonly linesOfFile: number;
  readonly lines: number;
  /** Bytes of a file, before and after: a line can be long. */
  readonly bytesOfFile: number;
}

export const DEFAULT_BOUNDS: DiffBounds = { files: 300, linesOfFile: 2_000, lines: 20_000, bytesOfFile: 512 * 1024 };

export interface Diff extends Range {
  /** All that differ, in git's order. */
  readonly files: readonly FileDiff[];
}

/** Files that may be listed. */
const MOST_FILES = 20_000;
// What somebody has in a config of his own must not change what is read.
const SAME_EVERYWHERE = [
  "--no-color",
  "--no-ext-diff",
  "--no-textconv",
  "--find-renames",
  "--no-relative",
  "--submodule=short",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

/** @throws PatchesError "no-revision" where the repository doesn't have these commits */
export async function readDiff(
  repository: Repository,
  range: Range,
  bounds: DiffBounds = DEFAULT_BOUNDS,
): Promise<Diff> {
  const files = await readChangedFiles(repository, range);
  const shown = await within(repository, files, bounds);
  const told = new Map((await readHunks(repository, range, [...shown])).map((file) => [file.path, file]));
  return { ...range, files: files.map((file) => told.get(file.path) ?? file) };
}

/** What differs in one file, however much that is. @throws PatchesError "too-large" above 16 MiB */
export async function readFileDiff(repository: Repository, range: Range, path: string): Promise<FileDiff> {
  const file = (await readChangedFiles(repository, range)).find((one) => one.path === path);
  if (file === undefined)
    throw new PatchesError("bad-input", `${JSON.stringify(path)} does not differ from ${range.base} to ${range.oid}`);
  const [told] = await readHunks(repository, range, [file]);
  return told ?? file;
}

/** Which files differ, and by how many lines. */
export async function readChangedFiles(repository: Repository, { base, oid }: Range): Promise<ChangedFile[]> {
  const text = await ofCommits(
    repository,
    said(repository.place, diff(repository, { base, oid }, "--raw", "--numstat", "-z", "--no-abbrev")),
  );
  const files = changedFiles(text);
  if (files.length > MOST_FILES)
    throw new PatchesError("too-large", `${files.length} files differ, and at most ${MOST_FILES} are listed`);
  return files;
}

async function readHunks(repository: Repository, range: Range, files: readonly ChangedFile[]): Promise<FileDiff[]> {
  if (files.length === 0) return [];
  // Of one that moved both names have to be looked at, or git takes it for a new one.
  const paths = files.flatMap(({ path, oldPath }) => (oldPath === undefined ? [path] : [oldPath, path]));
  const specs = paths.map((path) => `:(top,literal)${path}`);
  const again = changedFiles(
    await said(repository.place, diff(repository, range, "--raw", "--numstat", "-z", "--no-abbrev", "--", ...specs)),
  );
  return fileDiffs(again, await said(repository.place, diff(repository, range, "--patch", "--", ...specs)));
}

function diff(repository: Repository, { base, oid }: Range, ...args: string[]) {
  const [from, to] = [checked(oidSchema, base, "The base"), checked(oidSchema, oid, "The commit")];
  const at = args.indexOf("--");
  const [options, paths] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at)];
  return git(
    repository,
    "-c",
    "core.quotePath=true",
    "-c",
    "diff.algorithm=histogram",
    "diff",
    ...SAME_EVERYWHERE,
    ...options,
    from,
    to,
    ...paths,
  );
}

/** Those that are shown: small ones, from the first on, as long as there is room. */
async function within(
  repository: Repository,
  files: readonly ChangedFile[],
  bounds: DiffBounds,
): Promise<Set<ChangedFile>> {
  const few = files.filter((file) => linesOf(file) <= bounds.linesOfFile);
  const sizes = await sizesOf(
    repository,
    few.flatMap(({ oldObject, newObject }) => [oldObject ?? "", newObject ?? ""]),
  );
  const isSmall = ({ oldObject = "", newObject = "" }: ChangedFile): boolean =>
    Math.max(sizes.get(oldObject) ?? 0, sizes.get(newObject) ?? 0) <= bounds.bytesOfFile;
  const shown = new Set<ChangedFile>();
  let lines = 0;
  for (const file of few) {
    if (shown.size === bounds.files) break;
    // Of binary ones there is nothing to show, whatever their size.
    if ((!file.isBinary && !isSmall(file)) || lines + linesOf(file) > bounds.lines) continue;
    lines += linesOf(file);
    shown.add(file);
  }
  return shown;
}

const linesOf = ({ added = 0, removed = 0 }: ChangedFile): number => added + removed;

async function sizesOf(repository: Repository, objects: readonly string[]): Promise<Map<string, number>> {
  const asked = [...new Set(objects)].filter((object) => object !== "");
  if (asked.length === 0) return new Map();
  const text = await said(repository.place, git(repository, "cat-file", "--batch-check=%(objectname) %(objectsize)"), {
    stdin: `${asked.join("\n")}\n`,
  });
  // A submodule's commit is none of this repository's: "<object> missing".
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => {
        const [object = "", size = "0"] = line.split(" ");
        return [object, Number(size) || 0];
      }),
  );
}

async function ofCommits<T>({ rid }: Repository, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (
      error instanceof PatchesError &&
      /bad object|unknown revision|bad revision|ambiguous argument/.test(error.message)
    )
      throw new PatchesError("no-revision", "The repository in this place does not have these commits (yet)", {
        cause: error,
      });
    if (error instanceof PatchesError && /not a git repository/.test(error.message))
      throw new PatchesError("no-repository", `This place does not have ${rid}`, { cause: error });
    throw error;
  }
}
