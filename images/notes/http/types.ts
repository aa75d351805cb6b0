import type { GraphNode, NoteGraph } from "../vault/graph.ts";
import type { Hit, NoteSummary, TagCount } from "../vault/note-index.ts";
import type { Heading } from "../vault/note.ts";
import type { Backlink } from "../vault/vault.ts";

// What the API answers, for the pages.

export type { Backlink, GraphNode, Heading, Hit, NoteGraph, NoteSummary, TagCount };

export interface Me {
  readonly handle: string;
  readonly guildName: string;
  /** Names of the vaults that are theirs to see. */
  readonly vaults: readonly string[];
}

export interface NoteAnswer extends NoteSummary {
  readonly text: string;
  /** Cleaned; safe to show. */
  readonly html: string;
  readonly aliases: readonly string[];
  readonly headings: readonly Heading[];
  readonly links: readonly { readonly target: string; readonly path: string | null }[];
  readonly backlinks: readonly Backlink[];
}

export interface RoomAnswer {
  /** By which an editor opens the note. */
  readonly room: string;
}

export interface RenameAnswer {
  readonly path: string;
  /** All notes whose text is another now. */
  readonly changed: readonly string[];
}

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly request_id: string;
}
