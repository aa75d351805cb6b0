import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeTexts, stateOf, documentOf, setText, textOf } from "./merge.ts";
import { changes } from "./text-diff.ts";

const line = fc.stringMatching(/^[a-c é🙂]{0,6}$/u);
const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));

test("what makes one text of another does", () => {
  fc.assert(
    fc.property(text, text, (from, to) => {
      let place = 0,
        made = "";
      for (const change of changes(from, to)) {
        if (change.kind === "insert") made += change.text;
        else {
          if (change.kind === "keep") made += from.slice(place, place + change.length);
          place += change.length;
        }
      }
      expect(made).toBe(to);
      expect(place).toBe(from.length);
      const document = documentOf(stateOf(from));
      setText(document, to);
      expect(textOf(document)).toBe(to);
    }),
    { numRuns: 500 },
  );
});

test("a merge has what both added, once, and what neither removed", () => {
  const lines = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 20 });
  // Words of their own for each: what one changes and the other removes is a matter of taste.
  const of = (side: string, each: number): string => `${side} ${each + { base: 0, mine: 1_000, theirs: 2_000 }[side]!}`;
  const sides = fc.record({
    base: lines,
    mine: lines,
    theirs: lines,
    kept: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20, maxLength: 20 }),
  });
  fc.assert(
    fc.property(sides, ({ base, mine, theirs, kept }) => {
      const written = (side: string, others: readonly number[], bit: number): string =>
        base
          .filter((_, index) => (kept[index]! & bit) === 0)
          .flatMap((each, index) => [of("base", each), ...(index < others.length ? [of(side, others[index]!)] : [])])
          .concat(
            others.slice(base.filter((_, index) => (kept[index]! & bit) === 0).length).map((each) => of(side, each)),
          )
          .map((each) => `${each}\n`)
          .join("");
      const merged = mergeTexts(
        base.map((each) => `${of("base", each)}\n`).join(""),
        written("mine", mine, 1),
        written("theirs", theirs, 2),
      ).split("\n");
      const expected = [
        ...mine.map((each) => of("mine", each)),
        ...theirs.map((each) => of("theirs", each)),
        ...base.filter((_, index) => kept[index] === 0).map((each) => of("base", each)),
        "",
      ];
      expect([...merged].sort()).toEqual(expected.sort());
    }),
    { numRuns: 300 },
  );
});

test("one word changed by each in the same line stays changed by both", () => {
  expect(mergeTexts("one two three\n", "ONE two three\n", "one two THREE\n")).toBe("ONE two THREE\n");
});

test("long texts are compared in time", () => {
  const long = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join("");
  const other = Array.from({ length: 20_000 }, (_, index) => `other ${index * 7}\n`).join("");
  const document = documentOf(stateOf(long));
  setText(document, other);
  expect(textOf(document)).toBe(other);
});
