import { createHash, createHmac } from "node:crypto";

/** Who the notes' server is inside a cluster. */
export const notesIdentity = { app: "notes", namespace: "guildnet-notes" } as const;

/** Resolved by the cluster's DNS, whatever its domain is called. */
export const notesHost = `notes.${notesIdentity.namespace}.svc`;

/** What stands before the apps domain where people have its pages. */
export const NOTES_LABEL = "notes";

/** Whom the portal's statements of who is signed in are for; the server knows them by that. */
export const NOTES_AUDIENCE = "guildnet-notes";

/** Where workspaces have its MCP, its git and its pages. */
export const notesUrl = `https://${notesHost}`;

/**
 * A workspace's token: nobody can make one without the key, and another owner is another token.
 * @param key base64url
 */
export function notesToken(key: string, workspace: string, owner: string): string {
  const sum = createHmac("sha256", Buffer.from(key, "base64url")).update(`notes\n${workspace}\n${owner}`);
  return `${workspace}.${sum.digest("base64url")}`;
}

/** A workspace whose person may read and write notes there. */
export interface NotesWorkspace {
  readonly id: string;
  readonly owner: string;
}

/** What the server knows tokens by: who reads it has none. */
export function tokensFile(key: string, workspaces: readonly NotesWorkspace[]): string {
  const entries = workspaces.map(({ id, owner }) => ({
    workspace: id,
    owner,
    sha256: createHash("sha256")
      .update(notesToken(key, id, owner))
      .digest("hex"),
  }));
  return JSON.stringify(entries);
}
