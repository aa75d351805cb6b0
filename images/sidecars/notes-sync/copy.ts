import { rm } from "node:fs/promises";
import { changesOf, messageOf, takeIn, type Changes } from "./changes.ts";
import { checkOut, makeWay, moveBranch, publishIndex, unlockOwn } from "./checkout.ts";
import { byteText, GitError, type Git } from "./git.ts";
import { mergedTree } from "./merge.ts";
import { obstacleIn } from "./obstacle.ts";
import {
  BRANCH,
  ensureRepository,
  fetchInto,
  gitOf,
  isSound,
  rememberSynced,
  replaceRepository,
  syncedCommit,
  THEIRS,
  type Place,
} from "./repository.ts";

export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface CopyOptions extends Place {
  /** Whose changes they are, where the person's git doesn't say. */
  readonly author: Author;
  /** Of a file, in bytes. @default 32 MiB */
  readonly largest?: number;
  /** How long a folder that lost most of its notes has to stay so until they are removed for everybody. @default 10000 */
  readonly patienceMs?: number;
}

/** What became of a round. */
export type Outcome =
  /** Folder and server have the same. `left` is what isn't taken, in words. */
  | { readonly kind: "synced"; readonly left: readonly string[] }
  /** Somebody is at work, or more is to be seen first. */
  | { readonly kind: "waiting"; readonly why: string }
  /** The server isn't there. What was changed is committed, and goes there when it is. */
  | { readonly kind: "offline"; readonly why: string }
  | { readonly kind: "failed"; readonly why: string };

/** Others may be faster each time. */
const MOST_TRIES = 8;
/** Rounds that fail one after the other until the repository itself is looked at. */
const SUSPICIOUS = 3;
const FEW = 10;

/** A folder of notes that is kept the same as a vault at the server. The folder is the truth of what its person wants. */
export class Copy {
  readonly #options: CopyOptions;
  #failures = 0;
  #leaving: { readonly paths: string; readonly since: number } | undefined;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  /**
   * Commits what was changed, takes what others changed, and gives them what is here.
   * @param ask whether the server is asked where nothing was changed here
   */
  async round(ask = true): Promise<Outcome> {
    try {
      const outcome = await this.#round(ask);
      this.#failures = 0;
      return outcome;
    } catch (error) {
      if (isNetwork(error)) return { kind: "offline", why: messageOfError(error) };
      this.#failures += 1;
      if (this.#failures >= SUSPICIOUS) await this.#mend().catch(() => undefined);
      return { kind: "failed", why: messageOfError(error) };
    }
  }

  /** The server's commit, as last seen. */
  async seen(): Promise<string | undefined> {
    return await gitOf(this.#options)
      .refOf(THEIRS)
      .catch(() => undefined);
  }

  async #round(ask: boolean): Promise<Outcome> {
    const git = await ensureRepository(this.#options);
    await unlockOwn(git.gitDir);
    for (let tries = 1; ; tries++) {
      const obstacle = await obstacleIn(git.gitDir);
      if (obstacle !== undefined) return { kind: "waiting", why: obstacle };
      const changes = await this.#commit(git);
      if (changes === undefined) return { kind: "waiting", why: "most notes are gone: they are, once it stays so" };
      await publishIndex(git);
      if (!ask && (await git.refOf("HEAD")) === (await git.refOf(THEIRS)))
        return { kind: "synced", left: changes.left };
      await fetchInto(git, this.#options.remote);
      const merged = await this.#merge(git, tries > MOST_TRIES / 2);
      if (merged && (await this.#push(git))) return { kind: "synced", left: changes.left };
      if (tries === MOST_TRIES) throw new Error(`somebody else was faster ${MOST_TRIES} times`);
    }
  }

  /** @returns undefined where it is better to wait */
  async #commit(git: Git): Promise<Changes | undefined> {
    const head = await git.refOf("HEAD");
    await beginAt(git, head);
    const changes = await changesOf(git, this.#options.largest);
    if (changes.written.length + changes.removed.length === 0) {
      this.#leaving = undefined;
      return changes;
    }
    if (await this.#isLeaving(git, changes)) return undefined;
    await takeIn(git, changes);
    const tree = await git.line(["write-tree"]);
    const before =
      head === undefined ? await git.line(["hash-object", "-t", "tree", "-w", "--stdin"]) : await git.treeOf(head);
    if (tree === before) return changes;
    const commit = await this.#commitTree(git, tree, head === undefined ? [] : [head], messageOf(changes));
    await moveBranch(git, commit, head);
    return changes;
  }

  /** Somebody may be deleting the folder, and not what is in it for everybody. */
  async #isLeaving(git: Git, { removed }: Changes): Promise<boolean> {
    const { patienceMs = 10_000 } = this.#options;
    const most =
      removed.length > FEW && removed.length * 2 > (await git.run(["ls-files", "-z"])).split("\0").length - 1;
    if (!most) {
      this.#leaving = undefined;
      return false;
    }
    const paths = removed.toSorted().join("\0");
    if (this.#leaving?.paths !== paths) this.#leaving = { paths, since: Date.now() };
    return Date.now() - this.#leaving.since < patienceMs;
  }

  /** @returns whether the folder has what the server has; else something was changed meanwhile */
  async #merge(git: Git, isPatient: boolean): Promise<boolean> {
    const [ours, theirs] = [await git.refOf("HEAD"), await git.refOf(THEIRS)];
    if (theirs === undefined) return true;
    if (ours === undefined || !(await git.isAncestor(theirs, ours))) {
      const target = await this.#target(git, ours, theirs);
      if (!(await checkOut(git, ours, target))) {
        if (isPatient) await makeWay(git, ours, target);
        return false;
      }
      // Only now: were the branch first, a crash in between would make the old files changes that undo the others'.
      await moveBranch(git, target, ours);
      await publishIndex(git);
    }
    await rememberSynced(this.#options, theirs);
    return true;
  }

  /** The commit that has both. */
  async #target(git: Git, ours: string | undefined, theirs: string): Promise<string> {
    if (ours === undefined || (await git.isAncestor(ours, theirs))) return theirs;
    const synced = await syncedCommit(this.#options);
    const isRewritten =
      synced !== undefined &&
      (await git.commitOf(synced)) !== undefined &&
      !(await git.isAncestor(synced, ours)) &&
      (await git.isAncestor(synced, theirs));
    // History that its person wrote anew goes on from where it was, or all of it would count as changed twice.
    const side = isRewritten ? await this.#commitTree(git, await git.treeOf(ours), [synced], "What there is") : ours;
    const tree = await mergedTree(git, side, theirs);
    return await this.#commitTree(git, tree, [ours, theirs], "Merge what others wrote");
  }

  /** @returns false where others were faster */
  async #push(git: Git): Promise<boolean> {
    const [ours, theirs] = [await git.refOf("HEAD"), await git.refOf(THEIRS)];
    if (ours === undefined || ours === theirs) return true;
    try {
      await git.run(["push", "--quiet", "--porcelain", this.#options.remote, `${ours}:refs/heads/${BRANCH}`]);
    } catch (error) {
      if (error instanceof GitError && isOvertaken(`${error.message} ${error.stdout}`)) return false;
      throw error;
    }
    await git.run(["update-ref", THEIRS, ours]);
    await rememberSynced(this.#options, ours);
    return true;
  }

  async #commitTree(git: Git, tree: string, parents: readonly string[], message: string): Promise<string> {
    const { name, email } = await this.#author(git);
    const env = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    };
    const input = byteText(message);
    return await git.line(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])], { env, input });
  }

  /** As the person's git has it. */
  async #author(git: Git): Promise<Author> {
    const { author } = this.#options;
    const env = { GIT_CONFIG_GLOBAL: `${process.env["HOME"] ?? ""}/.gitconfig` };
    const said = async (key: string): Promise<string | undefined> => {
      try {
        return Buffer.from(await git.line(["config", "--get", key], { env }), "latin1").toString("utf8") || undefined;
      } catch (error) {
        // Not said, or a file that git can't read.
        if (error instanceof GitError) return undefined;
        throw error;
      }
    };
    return { name: (await said("user.name")) ?? author.name, email: (await said("user.email")) ?? author.email };
  }

  async #mend(): Promise<void> {
    const git = gitOf(this.#options);
    await rm(git.indexFile, { force: true });
    await rm(`${git.indexFile}.lock`, { force: true });
    if (!(await isSound(git))) await replaceRepository(this.#options);
  }
}

/** Our index begins where the branch is, whoever moved that; what it knows of files stays. */
async function beginAt(git: Git, head: string | undefined): Promise<void> {
  await rm(`${git.indexFile}.lock`, { force: true });
  const args = head === undefined ? ["--empty"] : ["-m", head];
  try {
    await git.run(["read-tree", ...args]);
    await refresh(git);
  } catch (error) {
    if (!(error instanceof GitError) || head === undefined) throw error;
    await rm(git.indexFile, { force: true });
    await git.run(["read-tree", head]);
    await refresh(git);
  }
}

/** What files look like from outside, by which git sees that they are as the index has them. It says no where one isn't. */
async function refresh(git: Git): Promise<void> {
  await git.says(["update-index", "-q", "--refresh"]);
}

function isOvertaken(message: string): boolean {
  return /\[rejected\]|non-fast-forward|fetch first|cannot lock ref|failed to update ref/.test(message);
}

/** Whether it is the server, or the way there. */
function isNetwork(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /^git (fetch|push):/.test(error.message) &&
    /unable to access|Could not resolve|Connection|timed out|RPC failed|hung up|requested URL returned error|Authentication failed|could not read (Username|Password)|ended with a signal/i.test(
      error.message,
    )
  );
}

function messageOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
