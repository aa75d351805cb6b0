import diff from "fast-diff";

/** Letters that stay, come or go, from the beginning to the end of a text. */
export type Change =
  | { readonly kind: "keep"; readonly length: number }
  | { readonly kind: "remove"; readonly length: number }
  | { readonly kind: "insert"; readonly text: string };

/** A changed passage that keeps less of itself is taken as another: its letters are not those of what was there. */
const LEAST_ALIKE = 0.5;
/** What a comparison may take; above it, what changed is taken as a whole. */
const MOST_WORK = 50_000_000;

/**
 * What makes one text of another: line by line, and word by word where a line is still much as it was. No finer: a word
 * that somebody wrote must not be made of letters that another is removing.
 */
export function changes(from: string, to: string): Change[] {
  if (from === to) return from === "" ? [] : [{ kind: "keep", length: from.length }];
  const found: Change[] = [];
  let removed = "";
  let inserted = "";
  const passage = (): void => {
    found.push(...withinPassage(removed, inserted));
    removed = inserted = "";
  };
  for (const [kind, text] of pieceChanges(from, to, /[^\n]*\n|[^\n]+/g)) {
    if (kind === diff.DELETE) removed += text;
    else if (kind === diff.INSERT) inserted += text;
    else {
      passage();
      found.push({ kind: "keep", length: text.length });
    }
  }
  passage();
  return found;
}

function withinPassage(removed: string, inserted: string): Change[] {
  const asWhole = [...removal(removed), ...insertion(inserted)];
  if (removed === "" || inserted === "") return asWhole;
  const words = pieceChanges(removed, inserted, /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*|\s+|./gsu);
  const kept = words.reduce((sum, [kind, text]) => sum + (kind === diff.EQUAL ? text.length : 0), 0);
  if (kept < LEAST_ALIKE * Math.max(removed.length, inserted.length)) return asWhole;
  return words.flatMap(([kind, text]): Change[] => {
    if (kind === diff.EQUAL) return [{ kind: "keep", length: text.length }];
    return kind === diff.DELETE ? removal(text) : insertion(text);
  });
}

const removal = (text: string): Change[] => (text === "" ? [] : [{ kind: "remove", length: text.length }]);
const insertion = (text: string): Change[] => (text === "" ? [] : [{ kind: "insert", text }]);

type Piece = [-1 | 0 | 1, string];

/** Each different piece becomes one letter, and those are compared. */
function pieceChanges(from: string, to: string, pieces: RegExp): Piece[] {
  const asWhole: Piece[] = [
    [diff.DELETE, from],
    [diff.INSERT, to],
  ];
  const [one, other] = [from.match(pieces) ?? [], to.match(pieces) ?? []];
  const letters = new Map<string, string>();
  const known: string[] = [];
  for (const piece of [...one, ...other]) {
    if (letters.has(piece)) continue;
    // Halves of pairs of letters are none.
    if (known.length === 0xd800) return asWhole;
    letters.set(piece, String.fromCharCode(known.length));
    known.push(piece);
  }
  if ((one.length + other.length) * leastChanges(one, other) > MOST_WORK) return asWhole;
  const written = (list: readonly string[]): string => list.map((piece) => letters.get(piece)).join("");
  return diff(written(one), written(other)).map(([kind, short]) => [
    kind,
    [...short].map((letter) => known[letter.charCodeAt(0)]).join(""),
  ]);
}

/** So many pieces at least come or go. */
function leastChanges(one: readonly string[], other: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const piece of one) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  for (const piece of other) counts.set(piece, (counts.get(piece) ?? 0) - 1);
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}
