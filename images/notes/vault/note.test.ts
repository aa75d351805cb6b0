import { expect, test } from "vitest";
import { parseNote } from "./note.ts";

test("a title is the front matter's, else the first heading's, else the file's name", () => {
  expect(parseNote("a/b.md", "---\ntitle: From the front\n---\n# Heading").title).toBe("From the front");
  expect(parseNote("a/b.md", "words\n\n## Second\n\n# A [[x|shown]] *title*").title).toBe("A shown title");
  expect(parseNote("a/Über uns.md", "words").title).toBe("Über uns");
  expect(parseNote("b.md", "---\ntitle: 7\n---\n#").title).toBe("b");
});

test("front matter that is broken, or a bomb, means nothing and breaks nothing", () => {
  const bomb = `---\na: &a [x,x]\nb: &b [*a,*a]\ntags: *b\n---\n# Still read`;
  const alias = "---\na: &a x\ntags: [*a]\n---\n# Still read";
  for (const text of ["---\n: : :\n  - [\n---\n# Still read", bomb, alias, "---\n- 1\n---\n# Still read"]) {
    expect(parseNote("n.md", text)).toMatchObject({ title: "Still read", aliases: [], tags: [] });
  }
});

test("aliases and tags come as lists or in a line", () => {
  const front = "---\naliases: [One, Two, One]\ntags: '#first, second'\n---\n";
  expect(parseNote("n.md", front)).toMatchObject({ aliases: ["One", "Two"], tags: ["first", "second"] });
  expect(parseNote("n.md", "---\nalias: Solo\ntag:\n  - a b\n---\n")).toMatchObject({
    aliases: ["Solo"],
    tags: ["a-b"],
  });
});

test("tags stand in words, each once, and not in code, addresses or numbers", () => {
  const text = "#One and (#two/three) #ÜBER #one\n\n`#code` a#b https://x.org/#frag #12 #1a\n\n```\n#fenced\n```\n";
  expect(parseNote("n.md", text).tags).toEqual(["One", "two/three", "ÜBER", "1a"]);
});

test("links have a target, a heading and a label, and where they stand", () => {
  const text = "See [[Other note#Part two|there]], ![[pic.png]], [[#Here]] and [[  spaced  ]].";
  const { links } = parseNote("n.md", text);
  expect(links.map(({ start, end, ...rest }) => ({ ...rest, at: text.slice(start, end) }))).toEqual([
    { target: "Other note", heading: "Part two", label: "there", isEmbed: false, at: "[[Other note#Part two|there]]" },
    { target: "pic.png", heading: undefined, label: undefined, isEmbed: true, at: "![[pic.png]]" },
    { target: "", heading: "Here", label: undefined, isEmbed: false, at: "[[#Here]]" },
    { target: "spaced", heading: undefined, label: undefined, isEmbed: false, at: "[[  spaced  ]]" },
  ]);
});

test("a table's cell has a link with its bar escaped", () => {
  const { links } = parseNote("n.md", "| a |\n|---|\n| [[There\\|label]] |\n");
  expect(links).toMatchObject([{ target: "There", label: "label" }]);
});

test.each(["[[]]", "[[open", "[[a\nb]]", "[[a]", "\\[[a]]", "`[[a]]`", "    [[a]]", "[[a[b]]", "<!-- [[a]] -->"])(
  "%j is no link",
  (text) => expect(parseNote("n.md", text).links).toEqual([]),
);

test("what is searched is what a reader sees", () => {
  const { words } = parseNote(
    "n.md",
    "---\nx: hidden\n---\n# Head\n\n*em* `code` [label](https://addr.org) ![alt](x.png) [[t|shown]]",
  );
  for (const word of ["Head", "em", "code", "label", "alt", "shown"]) expect(words).toContain(word);
  for (const word of ["hidden", "addr.org", "x.png"]) expect(words).not.toContain(word);
});
