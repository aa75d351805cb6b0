import type { Nodes, Root } from "mdast";
import { toString } from "mdast-util-to-string";
import remarkFrontmatter from "remark-frontmatter";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { SKIP, visit } from "unist-util-visit";
import { parse as parseYaml } from "yaml";
import { nameOf } from "./note-path.ts";
import { linkText, wikiLinks, type LinkText } from "./wiki-link.ts";

/** What a note says of itself. */
export interface Note {
  /** Of its front matter, else its first heading, else its file's name. */
  readonly title: string;
  /** Other names that links may use. */
  readonly aliases: readonly string[];
  /** Without `#`, each once, as first written. */
  readonly tags: readonly string[];
  readonly links: readonly NoteLink[];
  readonly headings: readonly Heading[];
  /** What a reader sees, for search. */
  readonly words: string;
}

export interface NoteLink extends LinkText {
  readonly isEmbed: boolean;
  /** Where it stands in the text, from bracket to bracket. */
  readonly start: number;
  readonly end: number;
}

export interface Heading {
  readonly depth: number;
  readonly text: string;
}

/** `#tag` after a space or an opening bracket; a letter is in it, as `#12` is a number. */
export const TAG = /(?<=^|[\s(])#([\p{L}\p{N}_/-]*\p{L}[\p{L}\p{N}_/-]*)/gu;

const parser = unified().use(remarkParse).use(remarkFrontmatter, ["yaml"]).use(remarkGfm).use(wikiLinks).freeze();

/** More than anybody writes: what each level of quotes and lists, or each footnote, costs a parser grows with all of them. */
const TOO_DEEP = /^(?:(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){100}|[ \t]{200,}(?:>|[-*+]|\d{1,9}[.)]))/m;
const MOST_FOOTNOTES = 2_000;

/** Does something with a note's tree. One that nobody could read, which would stop the server for all, is taken as a text as it stands. */
export function withTree<T>(text: string, work: (tree: Root) => T): T {
  const plain = (): T => work({ type: "root", children: [{ type: "code", value: text }] });
  if (TOO_DEEP.test(text) || text.split("[^", MOST_FOOTNOTES + 2).length > MOST_FOOTNOTES + 1) return plain();
  try {
    return work(parser.parse(text));
  } catch (error) {
    // The stack's end: nested in some other way.
    if (error instanceof RangeError) return plain();
    throw error;
  }
}

/** @param path of the note, which names what has no title */
export function parseNote(path: string, text: string): Note {
  return withTree(text, (tree) => noteOf(path, tree));
}

function noteOf(path: string, tree: Root): Note {
  const front = frontMatter(tree);
  const tags = new Map<string, string>();
  const addTag = (tag: string): void => {
    const clean = tag.trim().replace(/^#/, "").replaceAll(/\s+/g, "-");
    if (clean !== "" && !tags.has(clean.toLowerCase())) tags.set(clean.toLowerCase(), clean);
  };
  for (const tag of front.tags) addTag(tag);
  const links: NoteLink[] = [];
  const headings: Heading[] = [];
  const words: string[] = [];
  visit(tree, (node: Nodes) => {
    if (node.type === "yaml") return SKIP;
    if (node.type === "heading") headings.push({ depth: node.depth, text: shown(node) });
    if (node.type === "wikiLink") {
      const { start, end } = node.position!;
      const link = linkText(node.value);
      links.push({ ...link, isEmbed: node.isEmbed, start: start.offset!, end: end.offset! });
      words.push(link.label ?? [link.target, link.heading].filter(Boolean).join(" "));
    }
    if (node.type === "text") for (const [, tag] of node.value.matchAll(TAG)) addTag(tag!);
    if (node.type === "text" || node.type === "inlineCode" || node.type === "code") words.push(node.value);
    if (node.type === "image" && node.alt) words.push(node.alt);
    return undefined;
  });
  const title = front.title ?? headings.find(({ depth, text: heading }) => depth === 1 && heading !== "")?.text;
  return {
    title: title ?? nameOf(path),
    aliases: front.aliases,
    tags: [...tags.values()],
    links,
    headings,
    words: words.join(" "),
  };
}

/** What a node shows, links by their labels. */
export function shown(node: Nodes): string {
  if (node.type === "wikiLink") {
    const { label, target, heading } = linkText(node.value);
    return label ?? (target || heading) ?? "";
  }
  return "children" in node ? node.children.map(shown).join("") : toString(node);
}

interface FrontMatter {
  readonly title?: string;
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
}

/** What people write by hand between two lines of dashes: a mistake in it makes it mean nothing, and no note unreadable. */
function frontMatter(tree: Root): FrontMatter {
  const first = tree.children[0];
  const said = first?.type === "yaml" ? yamlOf(first.value) : undefined;
  if (typeof said !== "object" || said === null) return { aliases: [], tags: [] };
  const { title, aliases, alias, tags, tag } = said as Readonly<Record<string, unknown>>;
  return {
    ...(typeof title === "string" && title.trim() !== "" && { title: title.trim() }),
    aliases: strings(aliases ?? alias, /,/),
    tags: strings(tags ?? tag, /[,\s]/),
  };
}

function yamlOf(text: string): unknown {
  try {
    // An alias of YAML can be a bomb; nobody's front matter has one.
    return parseYaml(text, { maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function strings(value: unknown, separator: RegExp): string[] {
  const list = Array.isArray(value) ? value : typeof value === "string" ? value.split(separator) : [];
  const texts = list
    .filter((each) => typeof each === "string" || typeof each === "number")
    .map((each) => String(each).trim());
  return [...new Set(texts.filter((text) => text !== ""))];
}
