import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { scratchFolder, writeFiles } from "./scratch.ts";

const run = promisify(execFile);

export async function git(folder: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "linus",
    GIT_AUTHOR_EMAIL: "linus@example.org",
    GIT_COMMITTER_NAME: "linus",
    GIT_COMMITTER_EMAIL: "linus@example.org",
  };
  return (await run("git", args, { cwd: folder, env })).stdout;
}

/** An empty bare repository. */
export async function bareRemote(): Promise<string> {
  const folder = await scratchFolder();
  await git(folder, "init", "--quiet", "--bare", "--initial-branch=main");
  return folder;
}

/** A clone, as a workspace has one. */
export class Clone {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async of(remote: string): Promise<Clone> {
    const folder = join(await scratchFolder(), "clone");
    await git(remote, "clone", "--quiet", remote, folder);
    await git(folder, "checkout", "--quiet", "-B", "main");
    return new Clone(folder);
  }

  async read(path: string): Promise<string> {
    return await readFile(join(this.folder, path), "utf8");
  }

  /** Commits files and pushes them. */
  async push(files: Readonly<Record<string, string>>): Promise<void> {
    await writeFiles(this.folder, files);
    await git(this.folder, "add", "--all");
    await git(this.folder, "commit", "--quiet", "--message", "by hand");
    await this.pushCommits();
  }

  /** Changes a file and pushes it, once more from the beginning where others were faster. */
  async change(path: string, edit: (text: string) => string): Promise<void> {
    for (;;) {
      await git(this.folder, "fetch", "--quiet", "origin", "main");
      await git(this.folder, "reset", "--quiet", "--hard", "FETCH_HEAD");
      try {
        return await this.push({ [path]: edit(await this.read(path)) });
      } catch (error) {
        if (!String(error).includes("[rejected]") && !String(error).includes("cannot lock ref")) throw error;
      }
    }
  }

  async pushCommits(): Promise<void> {
    await git(this.folder, "push", "--quiet", "origin", "HEAD:main");
  }

  async pull(): Promise<void> {
    await git(this.folder, "pull", "--quiet", "--no-rebase", "origin", "main");
  }
}
