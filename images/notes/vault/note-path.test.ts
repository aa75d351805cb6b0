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

test.each(["Über uns.md", "a/b c/日本語 – notes (2).md", "..x/a.md", "a.b.MD"].filter((path) => !path.startsWith(".")))(
  "%j is a note's path",
  (path) => expect(notePath(path)).toBe(path.normalize("NFC")),
);
