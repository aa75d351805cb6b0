import { execFile } from "node:child_process";
import { join } from "node:path";

/** git said no. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly exitCode: number | undefined;
  readonly stdout: string;

  constructor(args: readonly string[], exitCode: number | undefined, stdout: string, stderr: string) {
    super(`git ${args[0]}: ${lastWords(stderr) || `ended with ${exitCode ?? "a signal"}`}`);
    this.exitCode = exitCode;
    this.stdout = stdout;
  }
}

/**
 * A path or a file's content as git has it: bytes, one in each character (Latin-1), as names of files need not be UTF-8.
 * What people read is made of it by `shown`.
 */
export type ByteText = string;

export function shown(bytes: ByteText): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export function byteText(text: string): ByteText {
  return Buffer.from(text, "utf8").toString("latin1");
}

export interface GitOptions {
  /** The working copy. */
  readonly folder: string;
  /** Its repository. @default `.git` in the folder */
  readonly gitDir?: string;
  /** Where the remote wants to know who asks, or shows a certificate of the guild's own. */
  readonly access?: RemoteAccess;
}

/** Files by which git gets in. */
export interface RemoteAccess {
  /** As `git credential-store` has it. */
  readonly credentials?: string;
  /** PEM. */
  readonly authority?: string;
}

interface RunOptions {
  readonly input?: ByteText;
  readonly env?: Readonly<Record<string, string>>;
  /** @default two minutes */
  readonly timeoutMs?: number;
}

const LONGEST_MS = 120_000;
const LARGEST_OUTPUT = 256 * 1024 * 1024;

/**
 * What holds whatever a person's own settings say: nobody is there to be asked, no program of theirs runs, and files are kept
 * byte by byte. A link that came from somebody else would be a way out of the folder: it becomes a file.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.symlinks": "false",
  "core.autocrlf": "false",
  "core.fsmonitor": "false",
  "core.sparseCheckout": "false",
  "core.ignoreCase": "false",
  "core.splitIndex": "false",
  "core.untrackedCache": "false",
  "core.bigFileThreshold": "1m",
  "commit.gpgSign": "false",
  "gc.autoDetach": "false",
  "merge.directoryRenames": "false",
  "pack.threads": "1",
  "pack.windowMemory": "16m",
  "http.lowSpeedLimit": "100",
  "http.lowSpeedTime": "60",
};

/** git in one working copy, with an index of our own: what a person has in theirs is in nobody's way. */
export class Git {
  readonly folder: string;
  readonly gitDir: string;
  readonly indexFile: string;
  readonly access: RemoteAccess;

  constructor({ folder, gitDir = join(folder, ".git"), access = {} }: GitOptions) {
    this.folder = folder;
    this.gitDir = gitDir;
    this.indexFile = join(gitDir, "guildnet", "index");
    this.access = access;
  }

  /** @returns what it wrote, as bytes */
  run(args: readonly string[], { input = "", env = {}, timeoutMs = LONGEST_MS }: RunOptions = {}): Promise<ByteText> {
    const options = {
      cwd: this.folder,
      maxBuffer: LARGEST_OUTPUT,
      timeout: timeoutMs,
      encoding: "latin1" as const,
      env: { ...this.#environment(), ...env },
    };
    return new Promise((resolve, reject) => {
      const child = execFile("git", args, options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const exitCode = typeof error.code === "number" ? error.code : undefined;
        return reject(new GitError(args, exitCode, stdout, stderr || error.message));
      });
      // It may end before it has read everything, and then says why.
      child.stdin?.on("error", () => undefined).end(Buffer.from(input, "latin1"));
    });
  }

  /** The last line feed is none of what was asked for. */
  async line(args: readonly string[], options?: RunOptions): Promise<ByteText> {
    return (await this.run(args, options)).trimEnd();
  }

  /** Answers of git that come as an exit code: 0 is yes, 1 is no. */
  async says(args: readonly string[]): Promise<boolean> {
    try {
      await this.run(args);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return false;
      throw error;
    }
  }

  /** Where a ref points, whether that is there or not. @returns undefined where there is no such ref */
  refOf(name: string): Promise<string | undefined> {
    return this.#resolved(name);
  }

  /** @returns undefined where there is no such commit, or one that can't be read */
  commitOf(name: string): Promise<string | undefined> {
    return this.#resolved(`${name}^{commit}`);
  }

  async #resolved(name: string): Promise<string | undefined> {
    try {
      return await this.line(["rev-parse", "--verify", "--quiet", name]);
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return undefined;
      throw error;
    }
  }

  isAncestor(old: string, young: string): Promise<boolean> {
    return this.says(["merge-base", "--is-ancestor", old, young]);
  }

  treeOf(commit: string): Promise<string> {
    return this.line(["rev-parse", "--verify", `${commit}^{tree}`]);
  }

  #environment(): Record<string, string> {
    const { credentials, authority } = this.access;
    const settings: [string, string][] = [
      ...Object.entries(SETTINGS),
      ...(authority === undefined ? [] : [["http.sslCAInfo", authority] satisfies [string, string]]),
      // The empty one first: no other helper may keep what ours gives.
      ["credential.helper", ""],
      ...(credentials === undefined
        ? []
        : [["credential.helper", `store --file=${credentials}`] satisfies [string, string]]),
    ];
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "/",
      LC_ALL: "C.UTF-8",
      GIT_DIR: this.gitDir,
      GIT_WORK_TREE: this.folder,
      GIT_INDEX_FILE: this.indexFile,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_LITERAL_PATHSPECS: "1",
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([key, value], at) => [
          [`GIT_CONFIG_KEY_${at}`, key],
          [`GIT_CONFIG_VALUE_${at}`, value],
        ]),
      ),
    };
  }
}

/** Without hints and progress. */
function lastWords(stderr: ByteText): string {
  const lines = shown(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("hint:"));
  return lines.slice(-3).join(" / ").slice(-500);
}
