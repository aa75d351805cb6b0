import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomic } from "../../atomic-file.ts";
import type { StateFiles } from "../state-folder.ts";
import { featuresOf, type Checkpoint, type Deployment } from "./deployment.ts";
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

/**
 * Puts what a journal says into the checkpoint, and removes the journal. Right at any time: after an update that
 * ended, after one that was killed, and after a kill of this itself.
 * @returns whether there was a journal
 */
export function foldJournal({ checkpoint, backup, journal }: JournalFiles): boolean {
  if (!existsSync(journal)) return false;
  const { heading, entries } = parsed(readFileSync(journal, "utf8"));
  const before = existsSync(checkpoint) ? readFileSync(checkpoint) : undefined;
  // Of another checkpoint than this one it is in there already.
  if (entries.length > 0 && before !== undefined && heading?.checkpoint === digest(before)) {
    copyFileSync(checkpoint, backup);
    // They would tell the hash of the file before.
    rmSync(`${checkpoint}.attrs`, { force: true });
    writeFileAtomic(checkpoint, folded(before.toString("utf8"), entries, heading.version), 0o600);
  }
  rmSync(journal);
  return true;
}

function folded(text: string, entries: readonly JournalEntry[], version: string): string {
  const before = JSON.parse(text) as Checkpoint;
  const replay = new Replay(before.checkpoint.latest ?? {});
  for (const entry of [...entries].sort((a, b) => a.sequenceID - b.sequenceID)) replay.add(entry);
  return serialized(before, replay.deployment(version));
}

/** The state file with another state in it, as the file backend writes it. */
function serialized({ checkpoint, version: _version, features: _features, ...file }: Checkpoint, latest: Deployment): string {
  const features = featuresOf(latest);
  return `${JSON.stringify({ ...file, version: features.length > 0 ? 4 : 3, ...(features.length > 0 ? { features } : {}), checkpoint: { ...checkpoint, latest } }, undefined, 4)}\n`;
}

/** Up to the first line that a kill, a full disk or a power cut left unreadable: from there on nothing was certain to be on the disk. */
function parsed(text: string): { heading?: Heading; entries: JournalEntry[] } {
  const lines: unknown[] = [];
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    const value = json(line);
    if (value === undefined) break;
    lines.push(value);
  }
  const [heading, ...entries] = lines as [Heading?, ...JournalEntry[]];
  return { heading, entries };
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
