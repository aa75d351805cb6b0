import { whatWentWrong } from "./errors.ts";
import { PatchesError } from "./errors.ts";

/** A program and its arguments, one by one: nothing of them is ever read by a shell. */
export type Argv = readonly [program: string, ...args: string[]];

export interface RunOptions {
  /** What it reads. @default nothing */
  readonly stdin?: string;
  /** Beside what the place has of its own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of its output; what comes after it is not waited for. @default 16 MiB */
  readonly maxBytes?: number;
  /** After which it is ended. @default 60,000 */
  readonly milliseconds?: number;
}

export interface Ran {
  /** undefined where it was ended, or didn't begin. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether there was more output than was asked for. */
  readonly isCut: boolean;
}

/**
 * Where `rad` and `git` run as somebody: a person's workspace, or beside the seed, as a process or by `exec` in a pod. It has
 * in its environment what the identity takes there (`RAD_HOME`, and `RAD_PASSPHRASE` where the key has one).
 */
export interface Place {
  /** Radicle's home there, as a path of that place. */
  readonly radHome: string;
  /** Runs a program to its end, however it ends. @throws where the place itself can't be reached */
  run(argv: Argv, options?: RunOptions): Promise<Ran>;
}

/** One repository as it is in a place. */
export interface Repository {
  readonly place: Place;
  /** For instance "rad:z3gqcJUoA1n9HaHKufZs5FCSGazv5". */
  readonly rid: string;
}

export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
export const DEFAULT_MILLISECONDS = 60_000;

/** What a program says. @throws PatchesError where it ends badly, or says too much */
export async function said(place: Place, argv: Argv, options?: RunOptions): Promise<string> {
  const ran = await place.run(argv, options);
  const command = nameOf(argv);
  if (ran.isCut)
    throw new PatchesError("too-large", `${command} says more than ${options?.maxBytes ?? DEFAULT_MAX_BYTES} bytes`);
  if (ran.exitCode !== 0) throw whatWentWrong(command, ran);
  return ran.stdout;
}

/** A command by its first words: what comes after them are ids, and may be long. */
function nameOf(argv: Argv): string {
  const from = argv.findIndex((word) => word === "rad" || word === "git");
  const words = argv.slice(Math.max(from, 0));
  return words
    .filter((word, index) => index === 0 || /^[a-z][a-z-]*$/.test(word))
    .slice(0, 3)
    .join(" ");
}

/** A repository's objects and refs: a bare git repository. */
export function storageOf({ place, rid }: Repository): string {
  return `${place.radHome}/storage/${rid.slice("rad:".length)}`;
}

/** `git` on what is stored of it. */
export function git(repository: Repository, ...args: string[]): Argv {
  return ["git", "--git-dir", storageOf(repository), ...args];
}
