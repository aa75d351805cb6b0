import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Git, type RemoteAccess } from "./git.ts";

export const BRANCH = "main";
/** What the server has, as last seen. */
export const THEIRS = `refs/remotes/origin/${BRANCH}`;

/** What editors and file managers leave beside files. */
const EXCLUDED = [".*.sw?", "*~", ".#*", "\\#*#", "4913", ".DS_Store", ".~lock.*", "*.tmp", ".Trash-*/"];

export interface Place {
  readonly folder: string;
  /** For what has to be known when the folder is gone; on the same volume. */
  readonly stateFolder: string;
  readonly remote: string;
  readonly access?: RemoteAccess;
}

/** Makes a repository in the folder where none is, also in one that has files. Of one that was there before, what it had from the server last is where its files go on from. */
export async function ensureRepository(place: Place): Promise<Git> {
  const git = gitOf(place);
  await mkdir(place.folder, { recursive: true });
  await mkdir(place.stateFolder, { recursive: true });
  if ((await kindOf(git.gitDir)) === "folder") {
    await mkdir(join(git.gitDir, "guildnet"), { recursive: true });
    return git;
  }
  await moveAside(place);
  await install(place);
  return git;
}

/** Puts a new repository in the place of one that is broken, which is kept beside it. */
export async function replaceRepository(place: Place): Promise<void> {
  await moveAside(place);
  await install(place);
}

export function gitOf({ folder, access }: Place): Git {
  return new Git({ folder, access });
}

/** Whether git can read what it needs of a repository. */
export async function isSound(git: Git): Promise<boolean> {
  try {
    await git.run(["rev-parse", "--git-dir"]);
    if ((await git.refOf("HEAD")) !== undefined) await git.run(["fsck", "--connectivity-only", "--no-dangling"]);
    return (await readFile(join(git.gitDir, "HEAD"), "utf8")).startsWith("ref: ");
  } catch {
    return false;
  }
}

/** The commit of the server's that the folder has taken in last. Kept outside of the folder, which people may delete. */
export async function syncedCommit({ stateFolder }: Place): Promise<string | undefined> {
  try {
    const text = await readFile(join(stateFolder, "synced"), "utf8");
    return /^[0-9a-f]{40}$/.exec(text.trim())?.[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function rememberSynced({ stateFolder }: Place, commit: string): Promise<void> {
  const file = join(stateFolder, "synced");
  await writeFile(`${file}.new`, `${commit}\n`, { flush: true });
  await rename(`${file}.new`, file);
}

/** Made elsewhere and then moved, so that a half of one is never there. */
async function install(place: Place): Promise<void> {
  const scratch = join(place.stateFolder, "new.git");
  await rm(scratch, { recursive: true, force: true });
  const git = new Git({ folder: place.folder, gitDir: scratch, access: place.access });
  await git.run(["init", "--quiet", `--initial-branch=${BRANCH}`]);
  await mkdir(join(scratch, "guildnet"), { recursive: true });
  await mkdir(join(scratch, "info"), { recursive: true });
  await writeFile(join(scratch, "info", "exclude"), EXCLUDED.map((line) => `${line}\n`).join(""));
  // Before all others: notes are kept byte by byte, and no filter of somebody's runs here.
  await writeFile(join(scratch, "info", "attributes"), "* -text -filter -ident -working-tree-encoding\n");
  for (const [key, value] of personsSettings(place)) await git.run(["config", "--local", "--add", key, value]);
  await goOn(place, git);
  await rename(scratch, gitOf(place).gitDir);
}

/** For git as the person uses it in the folder by themselves. */
function personsSettings({ remote, access = {} }: Place): [string, string][] {
  const { credentials, authority } = access;
  const { origin } = new URL(remote);
  return [
    ["remote.origin.url", remote],
    ["remote.origin.fetch", `+refs/heads/*:refs/remotes/origin/*`],
    [`branch.${BRANCH}.remote`, "origin"],
    [`branch.${BRANCH}.merge`, `refs/heads/${BRANCH}`],
    ["core.symlinks", "false"],
    ...(authority === undefined ? [] : [[`http.${origin}.sslCAInfo`, authority] satisfies [string, string]]),
    ...(credentials === undefined
      ? []
      : [
          [`credential.${origin}.helper`, ""] satisfies [string, string],
          [`credential.${origin}.helper`, `store --file=${credentials}`] satisfies [string, string],
        ]),
  ];
}

/** An empty folder begins with what the server has; one with files, where it was. */
async function goOn(place: Place, git: Git): Promise<void> {
  const synced = await syncedCommit(place);
  const isEmpty = (await readdir(place.folder)).every((name) => name === ".git");
  if (synced === undefined || isEmpty) return;
  await fetchInto(git, place.remote);
  if ((await git.commitOf(synced)) === undefined) return;
  await git.run(["update-ref", `refs/heads/${BRANCH}`, synced]);
  await git.run(["read-tree", synced]);
}

export async function fetchInto(git: Git, remote: string): Promise<void> {
  await git.run([
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    remote,
    "+refs/heads/*:refs/remotes/origin/*",
  ]);
}

async function moveAside(place: Place): Promise<void> {
  const { gitDir } = gitOf(place);
  if ((await kindOf(gitDir)) === undefined) return;
  const kept = join(place.stateFolder, `${basename(place.folder)}.git.${Date.now()}`);
  await rename(gitDir, kept);
}

async function kindOf(path: string): Promise<"folder" | "other" | undefined> {
  try {
    return (await lstat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
