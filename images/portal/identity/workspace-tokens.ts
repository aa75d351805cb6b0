import { createHmac, timingSafeEqual } from "node:crypto";
import type { Workspace, WorkspaceDirectory } from "../guild/workspaces.ts";
import type { Members } from "./members.ts";

/**
 * The token by which a workspace shows whose it is. It is made of the workspace's name and its owner's, and kept nowhere but
 * in the workspace: one of the same name that somebody else has later is another.
 */
export function workspaceToken(key: Uint8Array, { id, owner }: Pick<Workspace, "id" | "owner">): string {
  return `${id}.${createHmac("sha256", key).update(`workspace\n${id}\n${owner}`).digest("base64url")}`;
}

/** @returns the workspace that there is right now and whose token this is, of a person of the guild */
export function workspaceOf(
  token: string,
  key: Uint8Array,
  { directory, members }: { directory: WorkspaceDirectory; members: Members },
): Workspace | undefined {
  const workspace = directory.get(token.slice(0, Math.max(0, token.indexOf("."))));
  // Apps are found by the same names.
  if (workspace === undefined || workspace.visibility !== undefined || !members.has(workspace.owner)) return undefined;
  return isSame(workspaceToken(key, workspace), token) ? workspace : undefined;
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
