import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { UserError } from "../toolchain/errors.ts";
import type { Checkpoint, Deployment } from "./journal/deployment.ts";
import { integrityOf } from "./journal/integrity.ts";
import { journalBase } from "./journal/journal-file.ts";
import { historyCheckpoints } from "./read-state.ts";
import type { StateFiles } from "./state-folder.ts";

/** A whole state that could take a damaged one's place. */
interface Copy {
  readonly file: string;
  /** When the engine wrote it, RFC 3339; empty for a stack that nothing was ever made of. */
  readonly time: string;
  readonly digest: string;
  readonly isEmpty: boolean;
}

/**
 * Puts a state file that was damaged (a full disk, a power cut, a bad disk) back from the newest whole copy: that which
 * the journal of a killed run goes on from, else the newest of those that updates ended with and of the engine's own
 * backup, which is the state before the last write.
 *
 * @returns the line to say, or nothing when the state file is whole
 * @throws UserError `state-damaged` when there is no other copy, or one of an empty stack alone
 */
export function restoreCheckpoint(files: StateFiles, now = new Date()): string | undefined {
  const { checkpoint, backup, history, olderBackups } = files;
  const damage = existsSync(checkpoint) ? damageOf(checkpoint) : undefined;
  if (damage === undefined) return undefined;
  const copies = [...historyCheckpoints(history), backup].flatMap((file) => copyAt(file) ?? []);
  const begun = copies.find(({ digest }) => digest === journalBase(files));
  const [newest] = copies.toSorted((a, b) => (a.time === b.time ? 0 : a.time < b.time ? 1 : -1));
  const copy = begun ?? newest;
  if (
    copy === undefined ||
    (copy.isEmpty && begun === undefined && statSync(checkpoint).size > statSync(copy.file).size)
  )
    throw beyondRepair(files, damage, copy);

  const kept = `${checkpoint}.damaged-${now.toISOString().replaceAll(/[-:]|\..*/g, "")}`;
  copyFileSync(checkpoint, kept);
  const temporary = `${checkpoint}.restoring`;
  copyFileSync(copy.file, temporary);
  renameSync(temporary, checkpoint);
  return `The state file was damaged (${damage}). It was restored from ${copy.file}, ${lossOf(copy, begun !== undefined)}\nThe damaged one is ${kept}; older copies lie in ${history} and ${olderBackups}.`;
}

function lossOf({ time }: Copy, isBase: boolean): string {
  if (isBase) return "from which the journal of the last run goes on: nothing is lost.";
  return `the newest that is whole, of ${time}. Whatever changed the stack after that is not in it: objects are taken over by the next \`npm run up\`, but secrets made since are made anew.`;
}

function beyondRepair(
  { checkpoint, history, olderBackups }: StateFiles,
  damage: string,
  empty: Copy | undefined,
): UserError {
  const lies = `Nothing was changed. Put a copy of your own there, or one of ${history} or ${olderBackups}, if there is one.`;
  const remedy =
    empty === undefined
      ? `and there is no whole copy beside it. ${lies}`
      : `and the only whole copy beside it is of the empty stack: with it the next run would make a new authority and new secrets. ${lies} To begin with the empty one all the same:\n\n  cp ${empty.file} ${checkpoint}`;
  return new UserError("state-damaged", `The state file ${checkpoint} is damaged (${damage}), ${remedy}`);
}

function copyAt(file: string): Copy | undefined {
  if (!existsSync(file) || damageOf(file) !== undefined) return undefined;
  const content = readFileSync(file);
  const { latest = {} } = (JSON.parse(content.toString("utf8")) as Checkpoint).checkpoint;
  return {
    file,
    time: latest.manifest?.time ?? "",
    digest: createHash("sha256").update(content).digest("hex"),
    isEmpty: (latest.resources ?? []).length === 0,
  };
}

/** What is wrong with a state file, in a few words; undefined where the engine can read it. */
export function damageOf(file: string): string | undefined {
  const text = readFileSync(file, "utf8");
  if (text.trim() === "") return "it is empty";
  const deployment = deploymentIn(text);
  return deployment === undefined ? "it is cut off, or no longer JSON" : integrityOf(deployment);
}

function deploymentIn(text: string): Deployment | undefined {
  try {
    const content = JSON.parse(text) as Partial<Checkpoint> | null;
    return typeof content === "object" && typeof content?.checkpoint === "object"
      ? (content.checkpoint.latest ?? {})
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
