import { readFile } from "node:fs/promises";
import MiniSearch from "minisearch";
import { z } from "zod";

/** One page of the guild's handbook. */
export interface DocPage {
  /** Its path, "systems/models.md". */
  readonly page: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

export interface Found {
  readonly page: string;
  /** Heading of the part that fits. */
  readonly part: string;
  /** How it begins. */
  readonly text: string;
}

/** Pages by their names, and what of them fits some words. */
export interface Docs {
  readonly pages: readonly DocPage[];
  find(words: string): Found[];
  get(page: string): DocPage | undefined;
}

const MOST_FOUND = 6;
const SNIPPET = 300;

/** A part of a page, from one heading to the next. */
interface Part {
  readonly id: number;
  readonly page: string;
  readonly title: string;
  readonly part: string;
  readonly text: string;
}

export function docsOf(pages: readonly DocPage[]): Docs {
  const byName = new Map(pages.map((page) => [page.page, page]));
  const parts = pages.flatMap(partsOf).map((part, id) => ({ id, ...part }));
  const index = new MiniSearch<Part>({ fields: ["part", "title", "text"] });
  index.addAll(parts);
  return {
    pages,
    get: (page) => byName.get(page),
    find: (words) =>
      index
        // Of one or two letters nearly every word would fit, and a fifth of a second of everybody's portal be gone.
        .search(words, { prefix: (term) => term.length > 2, fuzzy: 0.15, boost: { part: 3, title: 2 } })
        .slice(0, MOST_FOUND)
        .flatMap(({ id }) => {
          const found = parts[id as number];
          return found === undefined
            ? []
            : [{ page: found.page, part: found.part, text: found.text.slice(0, SNIPPET) }];
        }),
  };
}

const pagesSchema = z.array(z.object({ page: z.string(), title: z.string(), text: z.string() }));

/** What the build put beside the program; read when somebody first asks. */
export function docsIn(file: string): () => Promise<Docs> {
  let reading: Promise<Docs> | undefined;
  return () => (reading ??= readFile(file, "utf8").then((text) => docsOf(pagesSchema.parse(JSON.parse(text)))));
}

function partsOf({ page, title, text }: DocPage): Omit<Part, "id">[] {
  return text
    .split(/^(?=#{1,4} )/m)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [first = "", ...rest] = part.split("\n");
      const heading = /^#{1,4} (.*)/.exec(first)?.[1];
      return { page, title, part: heading ?? title, text: heading === undefined ? part : rest.join("\n").trim() };
    });
}
