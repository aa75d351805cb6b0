import type { Author } from "./author.ts";
import { nameOfBytes } from "./names.ts";
import type { Repository } from "./repository.ts";

/** What somebody did to a file. */
export interface FileChange {
  readonly path: string;
  readonly change: "created" | "changed" | "removed";
}

export interface Commit {
  readonly id: string;
  readonly author: Author;
  readonly files: readonly FileChange[];
}

const CHANGES = { A: "created", M: "changed", T: "changed", D: "removed" } as const;

/**
 * What was committed between two commits, the oldest first. Merges are left out: what they bring are others' commits.
 * @param most of the newest
 */
export async function commitsBetween(
  repository: Repository,
  since: string,
  until: string,
  most: number,
): Promise<Commit[]> {
  const ids = (
    await repository.git("rev-list", "--no-merges", "--topo-order", `--max-count=${most}`, until, `^${since}`)
  )
    .split("\n")
    .filter(Boolean)
    .toReversed();
  const commits: Commit[] = [];
  for (const id of ids) commits.push(await commitOf(repository, id));
  return commits;
}

async function commitOf(repository: Repository, id: string): Promise<Commit> {
  const shown = await repository.git(
    "show",
    "-z",
    "--name-status",
    "--no-renames",
    "--format=%an%x00%ae%x00",
    "--root",
    id,
  );
  const [name = "", email = "", ...fields] = shown.split("\0");
  const files: FileChange[] = [];
  const listed = fields.map((field) => field.replace(/^\n+/, "")).filter(Boolean);
  for (let index = 0; index + 1 < listed.length; index += 2) {
    const change = CHANGES[listed[index] as keyof typeof CHANGES];
    if (change !== undefined) files.push({ path: nameOfBytes(listed[index + 1] ?? ""), change });
  }
  return { id, author: { name: utf8(name), email: utf8(email) }, files };
}

/** What git wrote comes with a byte in each character. */
function utf8(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
