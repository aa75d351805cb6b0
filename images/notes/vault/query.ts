/** What a person searches for, taken apart. */
export interface Query {
  /** As FTS5 wants it; undefined where no word is asked for. */
  readonly match: string | undefined;
  /** In small letters; all of them have to be on a note. */
  readonly tags: readonly string[];
}

/** Nobody types more, and each costs time. */
const MOST_PARTS = 16;

/**
 * Words are found by their beginnings, all of them; `"several words"` as they stand; `-word` is left out; `#tag` or
 * `tag:name` asks for a tag. Nothing of it is FTS5's own language, so there is no mistake to make.
 */
export function readQuery(text: string): Query {
  const wanted: string[] = [];
  const unwanted: string[] = [];
  const tags: string[] = [];
  const parts = text.normalize("NFC").matchAll(/(-?)(?:"([^"]*)"?|(\S+))/gu);
  for (const [, minus, phrase, word] of [...parts].slice(0, MOST_PARTS)) {
    const tag = minus === "" ? /^(?:#|tag:#?)(.+)$/iu.exec(word ?? "")?.[1] : undefined;
    if (tag !== undefined) {
      tags.push(tag.toLowerCase());
      continue;
    }
    const words = (phrase ?? word ?? "").match(/[\p{L}\p{N}\p{M}\p{Co}]+/gu);
    if (words === null) continue;
    const term = `"${words.join(" ")}"${phrase === undefined ? "*" : ""}`;
    (minus === "" ? wanted : unwanted).push(term);
  }
  // FTS5 knows "and not" alone: without a word that is wanted, nothing can be left out.
  const match = wanted.length === 0 ? undefined : [wanted.join(" AND "), ...unwanted].join(" NOT ");
  return { match: match, tags };
}
