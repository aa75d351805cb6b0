import { parsePatch } from "diff";
import type { CodeLocation } from "./patch.ts";

/** What became of a file. */
export type Change = "added" | "deleted" | "changed" | "renamed" | "copied" | "type-changed";

/** A file that differs, without what differs in it. */
export interface ChangedFile {
  /** As it is called after it; a deleted one as it was. */
  readonly path: string;
  /** As it was called before, where that is another. */
  readonly oldPath?: string;
  readonly change: Change;
  /** In lines; undefined of binary files. */
  readonly added?: number;
  readonly removed?: number;
  readonly isBinary: boolean;
  /** As git has it, for instance "100755"; undefined where there is none. */
  readonly oldMode?: string;
  readonly newMode?: string;
  /** What is in it, before and after. */
  readonly oldObject?: string;
  readonly newObject?: string;
}

export type LineKind = "context" | "added" | "removed";

export interface DiffLine {
  readonly kind: LineKind;
  readonly text: string;
  /** Its number before and after, from 1. */
  readonly old?: number;
  readonly new?: number;
  /** The last of a file, and no newline follows. */
  readonly isUnended?: true;
}

export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly DiffLine[];
}

export interface FileDiff extends ChangedFile {
  /** undefined where it is more than is shown at once: it can be asked for by itself. */
  readonly hunks?: readonly Hunk[];
}

const changes: Readonly<Record<string, Change>> = {
  A: "added",
  D: "deleted",
  M: "changed",
  R: "renamed",
  C: "copied",
  T: "type-changed",
};

/** What `git diff --raw --numstat -z --no-abbrev` prints: names as they are, whatever is in them. */
export function changedFiles(text: string): ChangedFile[] {
  const fields = text.split("\0");
  const files: ChangedFile[] = [];
  let at = 0;
  for (; fields[at]?.startsWith(":");) {
    const [oldMode = "", newMode = "", oldObject = "", newObject = "", status = ""] =
      fields[at++]?.slice(1).split(" ") ?? [];
    const change = changes[status.slice(0, 1)] ?? "changed";
    const first = fields[at++] ?? "";
    const isMoved = change === "renamed" || change === "copied";
    const path = isMoved ? (fields[at++] ?? "") : first;
    files.push({
      path,
      ...(isMoved && { oldPath: first }),
      change,
      isBinary: false,
      ...(isSomething(oldMode) && { oldMode }),
      ...(isSomething(newMode) && { newMode }),
      ...(isSomething(oldObject) && { oldObject }),
      ...(isSomething(newObject) && { newObject }),
    });
  }
  return files.map((file) => {
    const [added = "", removed = "", path = ""] = fields[at++]?.split("\t") ?? [];
    // Of one that moved both names follow.
    if (path === "") at += 2;
    return added === "-" ? { ...file, isBinary: true } : { ...file, added: Number(added), removed: Number(removed) };
  });
}

/** Not all zeros, as which git says "nothing". */
function isSomething(field: string): boolean {
  return !/^0+$/.test(field);
}

/** Files with what `git diff` says of them, in the same order. @throws where it says something else */
export function fileDiffs(files: readonly ChangedFile[], text: string): FileDiff[] {
  const parsed = text === "" ? [] : parsePatch(text);
  let at = 0;
  const told = files.map((file) => {
    // What was a file and is a link now is told of twice: as deleted, and as added.
    const its = parsed.slice(at, (at += file.change === "type-changed" ? 2 : 1));
    return { ...file, hunks: its.flatMap(({ hunks }) => hunks.map(hunkOf)) };
  });
  if (at !== parsed.length) throw new Error(`git told of ${at} files, and then of ${parsed.length}`);
  return told;
}

function hunkOf({
  oldStart,
  oldLines,
  newStart,
  newLines,
  lines,
}: {
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: string[];
}): Hunk {
  let before = oldStart,
    after = newStart;
  const told: DiffLine[] = [];
  for (const line of lines) {
    const text = line.slice(1);
    switch (line[0]) {
      case "+":
        told.push({ kind: "added", text, new: after++ });
        break;
      case "-":
        told.push({ kind: "removed", text, old: before++ });
        break;
      case "\\": {
        const last = told.pop();
        if (last !== undefined) told.push({ ...last, isUnended: true });
        break;
      }
      default:
        told.push({ kind: "context", text, old: before++, new: after++ });
    }
  }
  return { oldStart, oldLines, newStart, newLines, lines: told };
}

/** Lines of a side, from 1, both of it. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** Where in a diff a comment stands. */
export interface Located {
  readonly path: string;
  readonly old?: LineRange;
  readonly new?: LineRange;
  /**
   * "on": every line of it is one of the diff's. "beside": the file is there, and the lines are outside of its hunks.
   * "outdated": it was made on other code than this, or the file isn't of the diff any more.
   */
  readonly is: "on" | "beside" | "outdated";
}

/** A comment's place in a diff of `base..oid`. */
export function locate(
  location: CodeLocation,
  { base, oid }: { base: string; oid: string },
  files: readonly FileDiff[],
): Located {
  const old = linesOf(location.old),
    after = linesOf(location.new);
  const place = { path: location.path, ...(old && { old }), ...(after && { new: after }) };
  const file = files.find(({ path, oldPath }) => path === location.path || oldPath === location.path);
  // Of the old side it may be told by the commit that the change is based on.
  if (file === undefined || (location.commit !== oid && location.commit !== base)) return { ...place, is: "outdated" };
  const lines = (file.hunks ?? []).flatMap((hunk) => hunk.lines);
  const isOn = (range: LineRange | undefined, side: "old" | "new"): boolean => {
    if (range === undefined) return true;
    const there = new Set(lines.map((line) => line[side]));
    for (let line = range.first; line <= range.last; line++) if (!there.has(line)) return false;
    return true;
  };
  return { ...place, is: isOn(old, "old") && isOn(after, "new") ? "on" : "beside" };
}

function linesOf(range: CodeLocation["old"]): LineRange | undefined {
  if (range === null) return undefined;
  if (range.type === "chars") return { first: range.line, last: range.line };
  return { first: range.range.start, last: Math.max(range.range.start, range.range.end - 1) };
}

/** The other way: a comment's place, of lines that somebody chose in a diff. */
export function locationOf(
  commit: string,
  path: string,
  { old, new: after }: { old?: LineRange; new?: LineRange },
): CodeLocation {
  const range = (lines: LineRange | undefined): CodeLocation["old"] =>
    lines === undefined ? null : { type: "lines", range: { start: lines.first, end: lines.last + 1 } };
  return { commit, path, old: range(old), new: range(after) };
}
