import type { IndexedLink, NoteSummary } from "./note-index.ts";
import { linkKey } from "./note-path.ts";

/** Notes and what leads from one to another, as force-graph draws it. */
export interface NoteGraph {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
}

export interface GraphNode {
  /** A note's path; for a note that isn't there yet `missing:` and what links call it. */
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly isMissing: boolean;
}

export interface GraphLink {
  readonly source: string;
  readonly target: string;
}

/** @param resolve the note that a link means, if it is there */
export function noteGraph(
  notes: readonly NoteSummary[],
  links: readonly IndexedLink[],
  resolve: (link: IndexedLink) => string | undefined,
): NoteGraph {
  const nodes = new Map<string, GraphNode>(
    notes.map(({ path, title, tags }) => [path, { id: path, title, tags, isMissing: false }]),
  );
  const drawn = new Map<string, GraphLink>();
  for (const link of links) {
    const found = resolve(link);
    const target = found ?? `missing:${linkKey(link.target)}`;
    if (found === undefined && !nodes.has(target)) {
      nodes.set(target, { id: target, title: link.target, tags: [], isMissing: true });
    }
    if (target !== link.source) drawn.set(JSON.stringify([link.source, target]), { source: link.source, target });
  }
  return { nodes: [...nodes.values()], links: [...drawn.values()] };
}
