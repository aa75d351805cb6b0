/** A branch as somebody has it. */
export interface Branch {
  /** Whose it is. */
  readonly nid: string;
  /** For instance "refs/heads/main". */
  readonly ref: string;
  readonly commit: string;
}

/** What of a repository's refs events are about. */
export interface RepositoryRefs {
  readonly branches: readonly Branch[];
  /** Of each patch all that it is at, as people have it: each has a ref of his own. */
  readonly patches: ReadonlyMap<string, readonly string[]>;
}

/** As `git for-each-ref` prints them. */
export const REF_FORMAT = "--format=%(objectname) %(refname)";
export const REF_PATTERN = "refs/namespaces";

const branch = /^refs\/namespaces\/(\w+)\/(refs\/heads\/(?!patches\/).+)$/;
const patch = /^refs\/namespaces\/\w+\/refs\/cobs\/xyz\.radicle\.patch\/([0-9a-f]{40})$/;

/** Branches `patches/<id>` are what patches are at, which their revisions say. */
export function readRefs(text: string): RepositoryRefs {
  const branches: Branch[] = [];
  const patches = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [commit = "", ref = ""] = line.split(" ");
    const [, nid, name] = branch.exec(ref) ?? [];
    if (nid !== undefined && name !== undefined) branches.push({ nid, ref: name, commit });
    const [, id] = patch.exec(ref) ?? [];
    if (id !== undefined) patches.set(id, [...(patches.get(id) ?? []), commit].toSorted());
  }
  return { branches, patches };
}
