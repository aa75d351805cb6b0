import { expect, test } from "vitest";
import { noteHtml } from "./html.ts";

const html = (text: string): string =>
  noteHtml(text, {
    link: ({ target }) => ({ href: `/n/${encodeURIComponent(target)}`, isThere: target !== "Missing" }),
    tag: (tag) => `/t/${tag}`,
  });

test("links lead to notes and their headings, and show what isn't there yet", () => {
  expect(html("[[A b#Über uns|there]] [[Missing]]")).toBe(
    '<p><a href="/n/A%20b#user-content-über-uns" class="wiki-link">there</a> <a href="/n/Missing" class="wiki-link missing">Missing</a></p>',
  );
  expect(html("# Über uns!\n\n## Über uns!")).toBe('<h1 id="user-content-über-uns">Über uns!</h1>\n<h2>Über uns!</h2>');
});

test("tags lead to their notes, but not within other links", () => {
  expect(html("a #tag, #two")).toBe(
    '<p>a <a href="/t/tag" class="tag">#tag</a>, <a href="/t/two" class="tag">#two</a></p>',
  );
  expect(html("[a #tag](https://x.org)")).not.toContain("/t/");
});

test("pages outside are told nothing", () => {
  expect(html("[x](https://x.org)")).toBe(
    '<p><a href="https://x.org" target="_blank" rel="noopener noreferrer nofollow">x</a></p>',
  );
});

test.each([
  "<script>alert(1)</script>",
  "a <img src=x onerror=alert(1)> b",
  "<svg><script>alert(1)</script></svg>",
  "<svg onload=alert(1)>",
  "<style>*{display:none}</style>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<form action=/x><input name=y></form>",
  '<a href="javascript:alert(1)">x</a>',
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\nscript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "[x](vbscript:x)",
  "![x](javascript:alert(1))",
  '![x](x.png "onerror=alert(1)")',
  "[x]: javascript:alert(1)\n\n[x]",
  "<javascript:alert(1)>",
  "[[x|<img src=x onerror=alert(1)>]]",
  '[[" onmouseover="alert(1)]]',
  '```"><script>alert(1)</script>\nx\n```',
  "# <script>alert(1)</script>",
  "| a |\n|-|\n| <script>alert(1)</script> |",
  "[^1]\n\n[^1]: <script>alert(1)</script>",
  "<details open ontoggle=alert(1)>",
  "<math><mtext><style><img src onerror=alert(1)>",
  '<b style="position:fixed">x</b>',
  "[x](https://x.org){onclick=alert(1)}",
])("%j comes out harmless", (text) => {
  const result = html(text);
  const tags = [...result.matchAll(/<(?:"[^"]*"|[^">])*>/g)].map(([tag]) => tag.toLowerCase()).join("\n");
  expect(tags.replaceAll(/"[^"]*"/g, '""')).not.toMatch(
    /<(script|svg|style|iframe|form|input|math|object|embed|base|link|meta)\b/,
  );
  expect(tags.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/\s(on\w+|style|srcdoc|formaction)\s*=/);
  expect(tags).not.toMatch(/(href|src)="\s*(javascript|vbscript|data):/);
});

test("ids of a note can't stand for the page's own", () => {
  for (const id of html("# root\n\n## location\n\nx[^root]\n\n[^root]: y").matchAll(/\sid="([^"]*)"/g)) {
    expect(id[1]).toMatch(/^user-content-/);
  }
});
