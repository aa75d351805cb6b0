import { Hocuspocus } from "@hocuspocus/server";
import type { Author } from "../git/author.ts";
import type { SharedVault } from "./shared-vault.ts";

/** What is known of whoever is connected: set by the server, never by what they send. */
export interface Visitor {
  readonly author: Author;
  /** Opens it where nobody has yet: after a restart people come back before anything else asks. Undefined where there is no such vault for them. */
  readonly vault: (name: string) => Promise<SharedVault | undefined>;
}

/** What the page calls a document: its vault, and its id there. */
export function roomName(vault: string, id: string): string {
  return `${vault}/${id}`;
}

/** Whose change it is that came over a connection. */
export function authorOfOrigin(origin: unknown): Author | undefined {
  const { source, connection } = (origin ?? {}) as { source?: unknown; connection?: { context?: Partial<Visitor> } };
  return source === "connection" ? connection?.context?.author : undefined;
}

/** Without a message, which Hocuspocus would print: that somebody has no right to a room is no mistake of the server's. */
class NoSuchRoom extends Error {
  readonly reason = "no-such-note";

  constructor() {
    super("");
  }
}

/**
 * Rooms in which people edit a note together: Hocuspocus between their browsers and a vault's documents. Whoever is in
 * one may edit it, and nobody gets into one of a vault that is not theirs.
 * @param vaults those that are open, by name
 */
export function rooms(vaults: (name: string) => SharedVault | undefined): Hocuspocus<Visitor> {
  return new Hocuspocus<Visitor>({
    quiet: true,
    // It only drops the document of an empty room: all else is stored as it comes.
    debounce: 200,
    onAuthenticate: async ({ documentName, context }) => {
      const { vault, id } = partsOf(documentName);
      if ((await context.vault(vault))?.pathOf(id) === undefined) throw new NoSuchRoom();
    },
    onLoadDocument: async ({ documentName, document }) => {
      const { vault, id } = partsOf(documentName);
      const found = vaults(vault);
      if (found?.pathOf(id) === undefined) throw new NoSuchRoom();
      found.attach(id, document);
    },
    afterUnloadDocument: async ({ documentName }) => {
      const { vault, id } = partsOf(documentName);
      vaults(vault)?.detach(id);
    },
  });
}

function partsOf(room: string): { readonly vault: string; readonly id: string } {
  const slash = room.lastIndexOf("/");
  return { vault: room.slice(0, slash), id: room.slice(slash + 1) };
}
