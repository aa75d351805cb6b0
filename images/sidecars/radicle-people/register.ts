import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";

/** One workspace, whose it is, and the identity by which it signs. */
export interface Person {
  readonly workspace: string;
  readonly owner: string;
  /** `did:key:` and its node id. */
  readonly did: string;
}

/** An Ed25519 key as Radicle writes it. */
export const did = z.string().regex(/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/);

export const nodeId = (of: Pick<Person, "did">): string => of.did.slice("did:key:".length);

const people = z.array(z.object({ workspace: z.string(), owner: z.string(), did }));

export interface RegisterFiles {
  readonly register: string;
  /** For programs beside it: handles by node id. */
  readonly people: string;
}

/**
 * Who has said who they are, in files that are never half there. What a workspace was before stays in it, last, as
 * repositories are signed by it.
 */
export class Register {
  readonly #files: RegisterFiles;
  #known: readonly Person[];
  /** What of it is in the files. */
  #saved: readonly Person[];
  #saving: Promise<void> = Promise.resolve();

  private constructor(files: RegisterFiles, known: readonly Person[]) {
    this.#files = files;
    this.#known = this.#saved = known;
  }

  static async open(files: RegisterFiles): Promise<Register> {
    return new Register(files, people.parse(JSON.parse(await readOptional(files.register))));
  }

  /** Everybody as they are now. */
  current(): Person[] {
    const seen = new Set<string>();
    return this.#known.filter(({ workspace }) => !seen.has(workspace) && seen.add(workspace));
  }

  /** Whether the identity is another workspace's: one that was is not given on either, as what it signed stays. */
  isTaken({ workspace, did: identity }: Person): boolean {
    return this.#known.some((each) => each.did === identity && each.workspace !== workspace);
  }

  /** How many other identities the workspace is, or was, known by. */
  others({ workspace, did: identity }: Person): number {
    return this.#known.filter((each) => each.workspace === workspace && each.did !== identity).length;
  }

  /** @returns whether that is news @throws where it can't be written down; it is tried again with the next */
  async put(person: Person): Promise<boolean> {
    const now = this.current().find(({ workspace }) => workspace === person.workspace);
    const isNews = now?.did !== person.did || now.owner !== person.owner;
    if (isNews) this.#known = [person, ...this.#known.filter((each) => each.did !== person.did)];
    this.#saving = this.#saving.catch(() => {}).then(() => this.#save());
    await this.#saving;
    return isNews;
  }

  async #save(): Promise<void> {
    const known = this.#known;
    if (known === this.#saved) return;
    await replace(this.#files.people, Object.fromEntries(known.map((each) => [nodeId(each), each.owner])));
    await replace(this.#files.register, known);
    this.#saved = known;
  }
}

async function replace(path: string, content: object): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(content), { flush: true });
  await rename(`${path}.new`, path);
}

async function readOptional(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "[]";
    throw error;
  }
}
