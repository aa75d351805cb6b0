import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { syncFolder, writeFileAtomic } from "../../toolchain/atomic-file.ts";
import { UserError } from "../../toolchain/errors.ts";
import type { StateFiles } from "../state-folder.ts";
import { featuresOf, type Checkpoint, type Deployment } from "./deployment.ts";
import { entriesSchema } from "./entries.ts";
import { integrityOf } from "./integrity.ts";
import { Replay, type JournalEntry } from "./replay.ts";

/** First line of a journal. */
interface Heading {
  /** SHA-256 of the checkpoint that the entries go on from. */
  readonly checkpoint: string;
  /** Of the engine. */
  readonly version: string;
}

/** Files of a stack in which an update is written down. */
export type JournalFiles = Pick<StateFiles, "checkpoint" | "backup" | "journal">;

/**
 * What an update has told so far, a line of JSON each. Of what changes anything outside, every step is on the disk
 * before the engine goes on; the others survive a kill, and after a power cut the next update finds them again. The
 * checkpoint is the file backend's own and is written once, at the end: it is as long as the stack is large.
 */
export class Journal {
  readonly #file: number;
  /** Bytes of whole lines. */
  #length = 0;
  /** Numbers of the operations that change more than the state: the engine says of them alone, as they begin, what they are. */
  readonly #outside = new Set<number>();

  /** Begins anew. @throws where there is a journal of an earlier update */
  constructor({ journal, checkpoint }: JournalFiles, version: string) {
    mkdirSync(dirname(journal), { recursive: true });
    this.#file = openSync(journal, "ax", 0o600);
    this.#write([{ checkpoint: digest(readFileSync(checkpoint)), version } satisfies Heading]);
    fsyncSync(this.#file);
    syncFolder(dirname(journal));
  }

  append(entries: readonly JournalEntry[]): void {
    this.#write(entries);
    for (const { operation, operationID } of entries) if (operation) this.#outside.add(operationID);
    if (entries.some(({ operationID }) => this.#outside.has(operationID))) fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(lines: readonly object[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    try {
      writeFileSync(this.#file, text);
      this.#length += Buffer.byteLength(text);
    } catch (error) {
      // What a full disk took of it must not become the beginning of the next line.
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
  }
}

/** What became of a journal. */
export type Folded =
  | { readonly kind: "none" }
  /** What it says is in the state. */
  | { readonly kind: "taken" }
  /** It goes on from a state that is no longer there, and is kept under another name. */
  | { readonly kind: "aside"; readonly file: string };

/** What a fold is about to make of which journal: a kill may come between the state's writing and the journal's removal. */
interface Fold {
  readonly journal: string;
  readonly checkpoint: string;
}

/**
 * Puts what a journal says into the checkpoint, and removes the journal. Right at any time: after an update that
 * ended, after one that was killed, and after a kill of this itself.
 * @param endedByItself as `Replay`'s own. @default false
 * @throws UserError `journal-unknown`, `journal-broken`, and nothing is changed
 */
export function foldJournal({ checkpoint, backup, journal }: JournalFiles, endedByItself = false): Folded {
  if (!existsSync(journal)) return { kind: "none" };
  const content = readFileSync(journal);
  const { heading, lines } = parsed(content.toString("utf8"));
  if (lines.length === 0 && (heading !== undefined || content.length === 0)) {
    rmSync(journal);
    return { kind: "none" };
  }
  const before = existsSync(checkpoint) ? readFileSync(checkpoint) : undefined;
  const note = `${journal}.folding`;
  if (before !== undefined && isFolded(note, { journal: digest(content), checkpoint: digest(before) }))
    return removed(journal, note);
  if (before === undefined || heading?.checkpoint !== digest(before)) return aside(journal);
  const after = folded(before.toString("utf8"), known(lines, journal), {
    version: heading.version,
    journal,
    endedByItself,
  });
  writeFileAtomic(
    note,
    JSON.stringify({ journal: digest(content), checkpoint: digest(Buffer.from(after)) } satisfies Fold),
    0o600,
  );
  copyFileSync(checkpoint, backup);
  // They would tell the hash of the file before.
  rmSync(`${checkpoint}.attrs`, { force: true });
  writeFileAtomic(checkpoint, after, 0o600);
  return removed(journal, note);
}

function removed(journal: string, note: string): Folded {
  rmSync(journal);
  rmSync(note, { force: true });
  syncFolder(dirname(journal));
  return { kind: "taken" };
}

function isFolded(note: string, { journal, checkpoint }: Fold): boolean {
  const done = existsSync(note) ? (json(readFileSync(note, "utf8")) as Fold | undefined) : undefined;
  return done?.journal === journal && done.checkpoint === checkpoint;
}

/** Another program has changed the state since, or it was put back from a copy: what this one says may be all there is of what a run did. */
function aside(journal: string): Folded {
  const file = `${journal}.unapplied-${new Date().toISOString().replaceAll(/[-:]|\..*/g, "")}`;
  renameSync(journal, file);
  syncFolder(dirname(journal));
  return { kind: "aside", file };
}

/** The checkpoint that a journal goes on from, by its SHA-256; undefined where there is none. */
export function journalBase({ journal }: JournalFiles): string | undefined {
  return existsSync(journal) ? parsed(readFileSync(journal, "utf8")).heading?.checkpoint : undefined;
}

function known(lines: readonly unknown[], journal: string): JournalEntry[] {
  const { data, error } = entriesSchema.safeParse(lines);
  if (data !== undefined) return data as JournalEntry[];
  throw unusable(
    "journal-unknown",
    journal,
    `says what this version does not know (${error.issues.map(({ path: [place, ...path], message }) => `entry ${Number(place) + 1}${path.length > 0 ? `, ${path.join(".")}` : ""}: ${message}`)[0]})`,
  );
}

function unusable(code: string, journal: string, why: string): UserError {
  return new UserError(
    code,
    `The journal ${journal}, of a run that did not end, ${why}. Nothing was changed.\nRun the version of this program that wrote it; or go on from the state before that run, and lose what it did:\n\n  mv ${journal} ${journal}.unapplied`,
  );
}

function folded(
  text: string,
  entries: readonly JournalEntry[],
  { version, journal, endedByItself }: { version: string; journal: string; endedByItself: boolean },
): string {
  const before = JSON.parse(text) as Checkpoint;
  const replay = new Replay(before.checkpoint.latest ?? {}, endedByItself);
  for (const entry of [...entries].sort((a, b) => a.sequenceID - b.sequenceID)) replay.add(entry);
  const after = replay.deployment(version);
  const wrong = integrityOf(after);
  if (wrong !== undefined) throw unusable("journal-broken", journal, `leads to a state that is not whole (${wrong})`);
  return serialized(before, after);
}

/** The state file with another state in it, as the file backend writes it. */
function serialized(
  { checkpoint, version: _version, features: _features, ...file }: Checkpoint,
  latest: Deployment,
): string {
  const features = featuresOf(latest);
  return `${JSON.stringify({ ...file, version: features.length > 0 ? 4 : 3, ...(features.length > 0 ? { features } : {}), checkpoint: { ...checkpoint, latest } }, undefined, 4)}\n`;
}

/** Up to the first line that a kill, a full disk or a power cut left unreadable: from there on nothing was certain to be on the disk. */
function parsed(text: string): { heading?: Heading; lines: unknown[] } {
  const found: unknown[] = [];
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    const value = json(line);
    if (value === undefined) break;
    found.push(value);
  }
  const [heading, ...lines] = found as [Heading?, ...unknown[]];
  return { heading, lines };
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function digest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
