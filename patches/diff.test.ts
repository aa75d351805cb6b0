import { describe, expect, test } from "vitest";
import { changedFiles, fileDiffs, locate, locationOf } from "./diff.ts";
import type { FileDiff } from "./diff.ts";

const [a, b, none] = ["a".repeat(40), "b".repeat(40), "0".repeat(40)];
const fields = (...words: string[]): string => words.map((word) => `${word}\0`).join("");

describe("files that differ", () => {
  test("are listed with what became of them", () => {
    const files = changedFiles(
      fields(
        `:100644 000000 ${a} ${none} D`,
        "gone",
        `:000000 100755 ${none} ${b} A`,
        "run\tme",
        `:100644 100644 ${a} ${b} R087`,
        "old",
        "new\nname",
        `:100644 100644 ${a} ${b} M`,
        "picture",
        "0\t3\tgone",
        "2\t0\trun\tme",
        "1\t1\t",
        "old",
        "new\nname",
        "-\t-\tpicture",
      ),
    );
    expect(files).toEqual([
      { path: "gone", change: "deleted", isBinary: false, added: 0, removed: 3, oldMode: "100644", oldObject: a },
      { path: "run\tme", change: "added", isBinary: false, added: 2, removed: 0, newMode: "100755", newObject: b },
      {
        path: "new\nname",
        oldPath: "old",
        change: "renamed",
        isBinary: false,
        added: 1,
        removed: 1,
        oldMode: "100644",
        newMode: "100644",
        oldObject: a,
        newObject: b,
      },
      {
        path: "picture",
        change: "changed",
        isBinary: true,
        oldMode: "100644",
        newMode: "100644",
        oldObject: a,
        newObject: b,
      },
    ]);
  });

  test("are none of nothing", () => {
    expect(changedFiles("")).toEqual([]);
    expect(fileDiffs([], "")).toEqual([]);
  });

  test("are not mixed up: another number of them than was listed is an error", () => {
    expect(() => fileDiffs([], "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")).toThrow(
      "0 files, and then of 1",
    );
  });
});

test("what was a file and is a link now is one, though git tells of it twice, and the next has its own lines", () => {
  const text = [
    "diff --git a/link b/link\ndeleted file mode 100644\nindex 1..0\n--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-was\n",
    "diff --git a/link b/link\nnew file mode 120000\nindex 0..2\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+is\n",
    "diff --git a/next b/next\nindex 1..2 100644\n--- a/next\n+++ b/next\n@@ -1 +1 @@\n-old\n+new\n",
  ].join("");
  const told = fileDiffs(
    [
      { path: "link", change: "type-changed", isBinary: false },
      { path: "next", change: "changed", isBinary: false },
    ],
    text,
  );
  expect(told.map(({ hunks }) => hunks?.flatMap(({ lines }) => lines.map((line) => line.text)))).toEqual([
    ["was", "is"],
    ["old", "new"],
  ]);
});

test("lines that look like a diff's own are lines", () => {
  const file = { path: "x", change: "changed", isBinary: false } as const;
  const text =
    "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ diff --git a/y b/y\n--- a/y\n+++ b/y\n @@ -1 +1 @@\n context\n\\ No newline at end of file\n";
  expect(fileDiffs([file], text)[0]?.hunks?.[0]?.lines).toEqual([
    { kind: "removed", text: "-- a/y", old: 1 },
    { kind: "added", text: "++ b/y", new: 1 },
    { kind: "context", text: "@@ -1 +1 @@", old: 2, new: 2 },
    { kind: "context", text: "context", old: 3, new: 3, isUnended: true },
  ]);
});

describe("a comment's place", () => {
  const range = { base: a, oid: b };
  const files: FileDiff[] = [
    {
      path: "new",
      oldPath: "old",
      change: "renamed",
      isBinary: false,
      hunks: [
        {
          oldStart: 5,
          oldLines: 2,
          newStart: 5,
          newLines: 2,
          lines: [
            { kind: "context", text: "", old: 5, new: 5 },
            { kind: "removed", text: "", old: 6 },
            { kind: "added", text: "", new: 6 },
          ],
        },
      ],
    },
    { path: "large", change: "changed", isBinary: false },
  ];

  test.each([
    ["on its lines", locationOf(b, "new", { new: { first: 5, last: 6 } }), "on"],
    ["on the old side, told by the base", locationOf(a, "old", { old: { first: 6, last: 6 } }), "on"],
    ["on the file as a whole", locationOf(b, "new", {}), "on"],
    ["beside them", locationOf(b, "new", { new: { first: 6, last: 7 } }), "beside"],
    ["on the side that doesn't have the line", locationOf(b, "new", { old: { first: 7, last: 7 } }), "beside"],
    ["in a file that isn't shown", locationOf(b, "large", { new: { first: 1, last: 1 } }), "beside"],
    ["in a file that isn't of it", locationOf(b, "other", { new: { first: 1, last: 1 } }), "outdated"],
    ["on other code", locationOf("c".repeat(40), "new", { new: { first: 5, last: 5 } }), "outdated"],
  ])("%s", (_, location, is) => {
    expect(locate(location, range, files).is).toBe(is);
  });

  test("is lines, from those that somebody chose and back", () => {
    const chosen = { old: { first: 5, last: 6 }, new: { first: 5, last: 5 } };
    const location = locationOf(b, "new", chosen);
    expect(location.new).toEqual({ type: "lines", range: { start: 5, end: 6 } });
    expect(locate(location, range, files)).toEqual({ path: "new", ...chosen, is: "on" });
  });

  test("of characters is the line they are in; of a range that ends where it begins, that line", () => {
    const at = (after: NonNullable<ReturnType<typeof locationOf>["new"]>) =>
      locate({ commit: b, path: "new", old: null, new: after }, range, files).new;
    expect(at({ type: "chars", line: 6, range: { start: 0, end: 4 } })).toEqual({ first: 6, last: 6 });
    expect(at({ type: "lines", range: { start: 6, end: 6 } })).toEqual({ first: 6, last: 6 });
  });
});
