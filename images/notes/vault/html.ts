import type { Element, Root as Html } from "hast";
import type { Nodes, Parents, PhrasingContent, Root, Text } from "mdast";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import rehypeStringify from "rehype-stringify";
import remarkRehype from "remark-rehype";
import { unified } from "unified";
import { SKIP, visit } from "unist-util-visit";
import { shown, TAG, withTree } from "./note.ts";
import { linkText, type LinkText, type WikiLink } from "./wiki-link.ts";

export interface Addresses {
  /** Where a link leads, and whether a note is there. */
  readonly link: (link: LinkText) => { readonly href: string; readonly isThere: boolean };
  readonly tag: (tag: string) => string;
}

/** GitHub's list of what Markdown may say, and the classes of our own links. No script, style, SVG or form gets through it. */
const schema: typeof defaultSchema = {
  ...defaultSchema,
  attributes: {
    ...defaultSchema.attributes,
    a: [
      ...(defaultSchema.attributes?.["a"] ?? []).filter((each) => !Array.isArray(each) || each[0] !== "className"),
      ["className", "data-footnote-backref", "wiki-link", "missing", "tag"],
    ],
  },
};

/** What ids of a note begin with, so that none is taken for a part of the page around it. */
const ID_PREFIX = "user-content-";

/**
 * A note as HTML for people. HTML that stands in it is left out, addresses are those of the web and of mail alone, and
 * what is left is cleaned again: who wrote a note is not who reads it.
 */
export function noteHtml(text: string, addresses: Addresses): string {
  return withTree(text, (tree) => htmlOf(tree, addresses));
}

function htmlOf(tree: Root, addresses: Addresses): string {
  linkTags(tree, addresses);
  const wikiLink = (_: unknown, node: WikiLink): Element => {
    const link = linkText(node.value);
    const { href, isThere } = addresses.link(link);
    const anchor = link.heading === undefined ? "" : `#${ID_PREFIX}${headingId(link.heading)}`;
    return {
      type: "element",
      tagName: "a",
      properties: { href: href + anchor, className: isThere ? ["wiki-link"] : ["wiki-link", "missing"] },
      children: [{ type: "text", value: shown(node) }],
    };
  };
  const html = unified()
    .use(remarkRehype, { handlers: { wikiLink } })
    .use(() => headingIds)
    .use(rehypeSanitize, schema)
    .use(() => outsideLinks)
    .use(rehypeStringify);
  return html.stringify(html.runSync(tree) as Html);
}

/** What a heading is called in an address. */
export function headingId(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s+/g, "-");
}

function linkTags(tree: Root, addresses: Addresses): void {
  visit(tree, "text", (node: Text, index: number | undefined, parent: Parents | undefined) => {
    if (parent === undefined || index === undefined || parent.type === "link") return undefined;
    const parts: PhrasingContent[] = [];
    let end = 0;
    for (const match of node.value.matchAll(TAG)) {
      const [whole, tag] = match;
      if (match.index > end) parts.push({ type: "text", value: node.value.slice(end, match.index) });
      parts.push({
        type: "link",
        url: addresses.tag(tag!),
        data: { hProperties: { className: ["tag"] } },
        children: [{ type: "text", value: whole }],
      });
      end = match.index + whole.length;
    }
    if (end === 0) return undefined;
    if (end < node.value.length) parts.push({ type: "text", value: node.value.slice(end) });
    parent.children.splice(index, 1, ...(parts as Nodes[] as never[]));
    return [SKIP, index + parts.length];
  });
}

/** The first of a name has it; `user-content-` comes before it when the tree is cleaned. */
function headingIds(tree: Html): void {
  const taken = new Set<string>();
  visit(tree, "element", (element) => {
    if (!/^h[1-6]$/.test(element.tagName)) return;
    const id = headingId(textOf(element));
    if (id === "" || taken.has(id) || element.properties["id"] !== undefined) return;
    taken.add(id);
    element.properties["id"] = id;
  });
}

/** Pages outside open beside, and learn neither who asks nor from where. */
function outsideLinks(tree: Html): void {
  visit(tree, "element", (element) => {
    const { href } = element.properties;
    if (element.tagName !== "a" || typeof href !== "string" || !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(href)) return;
    element.properties["target"] = "_blank";
    element.properties["rel"] = ["noopener", "noreferrer", "nofollow"];
  });
}

function textOf(element: Element): string {
  return element.children
    .map((child) => (child.type === "text" ? child.value : child.type === "element" ? textOf(child) : ""))
    .join("");
}
