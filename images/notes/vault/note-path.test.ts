import { expect, test } from "vitest";
import { isNotePath, linkKey, notePath } from "./note-path.ts";

test.each([
  "../x.md",
  "a/../../x.md",
  "/etc/x.md",
  "a//x.md",
  "./x.md",
  "a/./x.md",
  ".git/x.md",
  "a/.hidden.md",
  "a\\..\\x.md",
  "x\0.md",
  "x\n.md",
  "x.txt",
  "x",
  "",
  ".md",
  " x.md",
  "a /x.md",
  `${"x".repeat(300)}.md`,
  "\ud800.md",
  `${"a/".repeat(600)}x.md`,
])("%j is no note's path", (path) => {
  expect(() => notePath(path)).toThrow(/^A note can't be called /);
  expect(isNotePath(path)).toBe(false);
});

test("what looks the same is the same", () => {
  expect(notePath("U\u0308ber uns/Cafe\u0301.md")).toBe("Über uns/Café.md");
  expect(linkKey("Über  Uns/CAFÉ.md")).toBe(linkKey("u\u0308ber uns/cafe\u0301"));
});

test("no control character is in a note's path, neither ASCII's nor those above", () => {
  const refused = Array.from({ length: 0x100 }, (_, code) => code).filter(
    (code) => !isNotePath(`a${String.fromCharCode(code)}b.md`),
  );
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  expect(refused).toEqual([...range(0, 0x1f), "\\".charCodeAt(0), ...range(0x7f, 0x9f)]);
});

test.each(["Über uns.md", "a/b c/日本語 – notes (2).md", "a.b.MD", "x..y/a.md"])("%j is a note's path", (path) =>
  expect(notePath(path)).toBe(path.normalize("NFC")),
);
