/** Why something about patches can't be done. */
export type PatchesErrorCode =
  /** What was given is not of its form: it never came to Radicle. */
  | "bad-input"
  /** No such repository in this place. */
  | "no-repository"
  | "no-patch"
  | "no-revision"
  | "no-review"
  | "no-comment"
  /** Nobody has an identity here, or its key can't be used: no passphrase, or a wrong one. */
  | "no-key"
  /** Who writes may not: it takes a delegate, or the author. */
  | "not-allowed"
  /** It doesn't go together with what is there: a merge with conflicts, a patch that is merged already, others who write all the time. */
  | "conflict"
  /** Radicle says something that this program doesn't understand. */
  | "unreadable"
  /** More than is taken. */
  | "too-large"
  /** All else, with what the program said. */
  | "failed";

/** What a person can do something about, or has to know. */
export class PatchesError extends Error {
  override readonly name = "PatchesError";
  readonly code: PatchesErrorCode;

  constructor(code: PatchesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How what waited in vain for others who write in the same place ends, without a word: none of the programs ends so by itself. */
export const STILL_LOCKED = 75;

/** What programs say, and what that means; the first that fits. As of radicle-cli 0.23.0 and git 2.39. */
const meanings: readonly [said: RegExp, code: PatchesErrorCode][] = [
  [/not authorized to apply/, "not-allowed"],
  [/causal dependency \S+ missing/, "no-comment"],
  [/revspec '\S*' not found|object `\S+` of type `\S+` was not found/, "no-patch"],
  [/failed to resolve path '[^']*\/storage\/|No repository with the given RID exists/, "no-repository"],
  [/Radicle profile not found|ssh-agent|invalid passphrase|secret key|keystore/i, "no-key"],
  [
    /old reference value does not match|code=(Modified|Locked)|cannot lock ref|non-fast-forward|fetch first/,
    "conflict",
  ],
];

/** What a program that ended badly has to tell: `rad` says what went wrong on its ordinary output. */
export function whatWentWrong(
  command: string,
  { exitCode, stdout, stderr }: { exitCode: number | undefined; stdout: string; stderr: string },
): PatchesError {
  if (exitCode === STILL_LOCKED)
    return new PatchesError("conflict", `${command} was not begun: somebody else writes in the same place for long.`);
  const words = [stderr, stdout]
    .map((text) => text.trim().slice(-2000))
    .filter(Boolean)
    .join("\n");
  const code = meanings.find(([said]) => said.test(words))?.[1] ?? "failed";
  return new PatchesError(code, `${command} ended with ${exitCode ?? "nothing"}: ${words || "it said nothing"}`);
}
