import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { NOBODY, type Author } from "./author.ts";
import { bytesOfName, nameOfBytes } from "./names.ts";

const run = promisify(execFile);
const LARGEST_OUTPUT = 64 * 1024 * 1024;
const LONGEST_MS = 120_000;

export interface RepositoryOptions {
  /** The working copy. */
  readonly folder: string;
  /** Where changes come from and go to: whatever git takes for a remote. @default none */
  readonly remote?: string;
  /** @default "main" */
  readonly branch?: string;
  /** For git and what speaks for its remotes, such as keys. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** git said no. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number, stderr: string) {
    super(`git ${args.find((arg) => !arg.startsWith("-"))} ended with ${exitCode}: ${stderr.trim().slice(-2000)}`);
    this.exitCode = exitCode;
  }
}

/** A file of a commit or of a merge. */
export interface Entry {
  readonly mode: string;
  readonly object: string;
}

export interface Difference {
  readonly path: string;
  /** Undefined where it was not there. */
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What git makes of two commits by itself. */
export interface MergedTree {
  readonly tree: string;
  /** What each side has, of paths it could not merge: 1 is what both came of, 2 ours, 3 theirs. */
  readonly conflicts: ReadonlyMap<string, ReadonlyMap<1 | 2 | 3, Entry>>;
}

const ORDINARY_FILE = "100644";

/** A git working copy, as a program works with it: nothing asks, no hook runs, no link is made, and paths are meant as they stand. */
export class Repository {
  readonly folder: string;
  readonly branch: string;
  readonly remote: string | undefined;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor({ folder, remote, branch = "main", environment = {} }: RepositoryOptions) {
    this.folder = folder;
    this.branch = branch;
    this.remote = remote;
    this.#environment = environment;
  }

  /** Takes what is there, or makes an empty one. */
  static async open(options: RepositoryOptions): Promise<Repository> {
    const repository = new Repository(options);
    await mkdir(options.folder, { recursive: true });
    await repository.git("init", "--quiet", `--initial-branch=${repository.branch}`);
    // A link would be a way out of the folder.
    await repository.git("config", "core.symlinks", "false");
    // Nobody else works here: what holds a lock was killed.
    for (const lock of ["index.lock", "HEAD.lock", `refs/heads/${repository.branch}.lock`]) {
      await rm(join(options.folder, ".git", lock), { force: true });
    }
    return repository;
  }

  /** @returns undefined before the first commit */
  async head(): Promise<string | undefined> {
    return await this.#resolve("HEAD");
  }

  /** @param ref as "refs/heads/main". @returns undefined where there is none */
  async commitNamed(ref: string): Promise<string | undefined> {
    return await this.#resolve(ref);
  }

  /** Paths of the folder that are other than at the last commit. What somebody's `.gitignore` names is one: a note is a note. */
  async changed(): Promise<string[]> {
    const all = ["--untracked-files=all", "--ignored=traditional", "--no-renames"];
    const status = await this.git("status", "--porcelain", "-z", ...all);
    return namesOf(status).map((line) => line.slice(3));
  }

  /** Commits these paths as they are in the folder. @returns whether anything was other than before */
  async commit(paths: readonly string[], authors: readonly Author[], message: string): Promise<boolean> {
    const [author = NOBODY, ...others] = authors;
    const these = { input: listed(paths) };
    await this.#run(["add", "--all", "--force", ...FROM_INPUT], these);
    const head = (await this.head()) === undefined ? [] : ["HEAD"];
    const staged = new Set(namesOf(await this.git("diff", "--cached", "--name-only", "-z", ...head)));
    if (!paths.some((path) => staged.has(path))) return false;
    const trailers = others.map(({ name, email }) => `Co-authored-by: ${name} <${email}>`);
    const text = [message, ...(trailers.length > 0 ? [trailers.join("\n")] : [])].join("\n\n");
    await this.#run(["commit", "--quiet", "--no-verify", `--message=${text}`, ...FROM_INPUT], {
      env: by(author),
      ...these,
    });
    return true;
  }

  /** @returns the remote's commit; undefined where it has none */
  async fetch(): Promise<string | undefined> {
    if (this.remote === undefined) return undefined;
    const heads = await this.git("ls-remote", "--heads", this.remote, `refs/heads/${this.branch}`);
    if (heads === "") return undefined;
    await this.git(
      "fetch",
      "--quiet",
      "--no-tags",
      this.remote,
      `+refs/heads/${this.branch}:refs/remotes/upstream/${this.branch}`,
    );
    return await this.#resolve(`refs/remotes/upstream/${this.branch}`);
  }

  /** @returns whether the remote took it; not, where others were faster */
  async push(commit: string): Promise<boolean> {
    if (this.remote === undefined) return true;
    try {
      await this.git("push", "--quiet", "--porcelain", this.remote, `${commit}:refs/heads/${this.branch}`);
      return true;
    } catch (error) {
      if (
        error instanceof GitError &&
        /non-fast-forward|fetch first|\[rejected\]|cannot lock ref|failed to update ref/.test(error.message)
      )
        return false;
      throw error;
    }
  }

  async isAncestor(old: string, young: string): Promise<boolean> {
    try {
      await this.git("merge-base", "--is-ancestor", old, young);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return false;
      throw error;
    }
  }

  async mergeTree(ours: string, theirs: string): Promise<MergedTree> {
    const args = ["merge-tree", "--write-tree", "-z", "--no-messages", "--allow-unrelated-histories", ours, theirs];
    const output = await this.git(...args).catch((error: unknown) => {
      if (error instanceof ConflictsOutput) return error.stdout;
      throw error;
    });
    const [tree = "", ...lines] = output.split("\0");
    const conflicts = new Map<string, Map<1 | 2 | 3, Entry>>();
    for (const line of lines) {
      const match = /^(\d+) ([0-9a-f]+) ([123])\t(.*)$/s.exec(line);
      if (match === null) continue;
      const [, mode = "", object = "", stage, name = ""] = match;
      const path = nameOfBytes(name);
      const stages = conflicts.get(path) ?? new Map<1 | 2 | 3, Entry>();
      conflicts.set(path, stages.set(Number(stage) as 1 | 2 | 3, { mode, object }));
    }
    return { tree: tree.trim(), conflicts };
  }

  /** A tree with other files in it. @param entries undefined for those that go */
  async changedTree(tree: string, entries: ReadonlyMap<string, Entry | undefined>): Promise<string> {
    const index = join(this.folder, ".git", "merge-index");
    const env = { GIT_INDEX_FILE: index };
    await rm(index, { force: true });
    try {
      await this.#run(["read-tree", tree], { env });
      const lines = [...entries].map(([path, entry]) =>
        entry === undefined ? `0 ${"0".repeat(40)}\t${path}` : `${entry.mode} ${entry.object}\t${path}`,
      );
      await this.#run(["update-index", "-z", "--index-info"], { env, input: listed(lines) });
      return (await this.#run(["write-tree"], { env })).trim();
    } finally {
      await rm(index, { force: true });
    }
  }

  async writeText(text: string): Promise<Entry> {
    const object = await this.#run(["hash-object", "-w", "--stdin"], { input: Buffer.from(text, "utf8") });
    return { mode: ORDINARY_FILE, object: object.trim() };
  }

  async bytes({ object }: Entry): Promise<Buffer> {
    const { stdout } = await run("git", ["cat-file", "blob", object], { ...this.#options({}), encoding: "buffer" });
    return stdout;
  }

  async commitTree(tree: string, parents: readonly string[], message: string): Promise<string> {
    const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", message];
    return (await this.#run(args, { env: by(NOBODY) })).trim();
  }

  /** @param before undefined for nothing at all */
  async differences(before: string | undefined, after: string): Promise<Difference[]> {
    const empty = await this.#run(["hash-object", "-t", "tree", "-w", "--stdin"], {});
    const raw = await this.git("diff-tree", "-r", "-z", "--raw", "--no-renames", before ?? empty.trim(), after);
    const fields = namesOf(raw);
    const found: Difference[] = [];
    for (let index = 0; index + 1 < fields.length; index += 2) {
      const match = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+)/.exec(fields[index] ?? "");
      if (match === null) continue;
      const [, oldMode = "", newMode = "", oldObject = "", newObject = ""] = match;
      const entry = (mode: string, object: string): Entry | undefined =>
        /^0+$/.test(mode) ? undefined : { mode, object };
      found.push({
        path: fields[index + 1] ?? "",
        before: entry(oldMode, oldObject),
        after: entry(newMode, newObject),
      });
    }
    return found;
  }

  /** A commit without files and without ancestors. Nothing refers to it. */
  async emptyCommit(): Promise<string> {
    const tree = (await this.#run(["hash-object", "-t", "tree", "-w", "--stdin"], {})).trim();
    return await this.commitTree(tree, [], "Nothing yet");
  }

  /** Makes a commit the current one, and leaves the folder as it is but for `paths`, which become the commit's. */
  async moveTo(commit: string, paths: readonly string[]): Promise<void> {
    await this.git("read-tree", commit);
    await this.git("update-ref", `refs/heads/${this.branch}`, commit);
    if (paths.length === 0) return;
    await this.#run(["checkout-index", "--force", "-z", "--stdin"], { input: listed(paths) });
  }

  /** @returns what it wrote, a byte in each character */
  git(...args: string[]): Promise<string> {
    return this.#run(args, {});
  }

  async #resolve(name: string): Promise<string | undefined> {
    try {
      return (await this.git("rev-parse", "--verify", "--quiet", `${name}^{commit}`)).trim();
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return undefined;
      throw error;
    }
  }

  async #run(args: readonly string[], { env = {}, input }: RunOptions): Promise<string> {
    const running = run("git", args, { ...this.#options(env), encoding: "latin1" });
    running.child.stdin?.on("error", () => undefined).end(input);
    try {
      return (await running).stdout;
    } catch (error) {
      const { code, stderr, stdout } = error as { code?: unknown; stderr?: string; stdout?: string };
      if (args[0] === "merge-tree" && code === 1) throw new ConflictsOutput(stdout ?? "");
      const said = Buffer.from(`${stderr}${stdout}`, "latin1").toString("utf8");
      throw new GitError(args, typeof code === "number" ? code : -1, said);
    }
  }

  #options(env: Readonly<Record<string, string>>) {
    return {
      cwd: this.folder,
      maxBuffer: LARGEST_OUTPUT,
      timeout: LONGEST_MS,
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        // Nobody is there to be asked, and nothing of this machine is wanted.
        GIT_TERMINAL_PROMPT: "0",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_LITERAL_PATHSPECS: "1",
        GIT_COMMITTER_NAME: NOBODY.name,
        GIT_COMMITTER_EMAIL: NOBODY.email,
        GIT_CONFIG_COUNT: "3",
        ...config(0, "core.hooksPath", "/dev/null"),
        ...config(1, "core.autocrlf", "false"),
        ...config(2, "commit.gpgSign", "false"),
        ...this.#environment,
        ...env,
      },
    };
  }
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer;
}

/** Paths come as input: of many, a command line is too long, and one that is no UTF-8 can't stand in it. */
const FROM_INPUT = ["--pathspec-from-file=-", "--pathspec-file-nul"];

function listed(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map((line) => bytesOfName(`${line}\0`)));
}

function namesOf(output: string): string[] {
  return output.split("\0").filter(Boolean).map(nameOfBytes);
}

function by({ name, email }: Author): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email };
}

/** How git tells that there are conflicts, beside what they are. */
class ConflictsOutput extends Error {
  readonly stdout: string;

  constructor(stdout: string) {
    super("there are conflicts");
    this.stdout = stdout;
  }
}

function config(number: number, key: string, value: string): Record<string, string> {
  return { [`GIT_CONFIG_KEY_${number}`]: key, [`GIT_CONFIG_VALUE_${number}`]: value };
}
