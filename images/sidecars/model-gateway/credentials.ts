import type { ApiServer } from "../../pod/api-server.ts";
import { WORKSPACE_ID } from "../../pod/names.ts";
import { isSecret, workspaceSecret } from "../../pod/workspace-secret.ts";

/** The one secret of a workspace that the gateway may read. */
export const SECRET = "models-access";

/** How long a token is believed without looking again: so long one that is gone is still good for. */
const BELIEVED_MS = 10_000;
/** One that doesn't match is looked up anew, but for a guess a moment later. */
const DOUBTED_MS = 1_000;
const MOST_REMEMBERED = 1_000;

/** Whose a token is. */
export interface Credentials {
  /** @returns the workspace's id; undefined where no workspace has this token */
  workspaceOf(token: string): Promise<string | undefined>;
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? "")?.[1];
}

interface Remembered {
  readonly at: number;
  readonly token: Promise<string | undefined>;
}

/**
 * Compares with the Secret in the workspace's own namespace, which a token begins with the name of: `<workspace>.<random>`.
 * A new workspace may ask at once, and one that is gone no more after ten seconds.
 * @param now milliseconds
 */
export function clusterCredentials(cluster: ApiServer, now: () => number = Date.now): Credentials {
  const remembered = new Map<string, Remembered>();
  const known = (workspace: string, notBefore: number): Remembered => {
    const before = remembered.get(workspace);
    if (before !== undefined && before.at >= notBefore) return before;
    const token = workspaceSecret(cluster, workspace, SECRET).then((found) => found?.password);
    const found = { at: now(), token };
    remembered.delete(workspace);
    remembered.set(workspace, found);
    for (const oldest of remembered.keys()) if (remembered.size > MOST_REMEMBERED) remembered.delete(oldest);
    // What could not be read is asked for again by the next one.
    token.catch(() => remembered.get(workspace) === found && remembered.delete(workspace));
    return found;
  };
  return {
    async workspaceOf(token) {
      const workspace = token.slice(0, Math.max(0, token.indexOf(".")));
      if (!WORKSPACE_ID.test(workspace)) return undefined;
      const first = known(workspace, now() - BELIEVED_MS);
      if (isSecret(await first.token, token)) return workspace;
      const second = known(workspace, now() - DOUBTED_MS);
      return second !== first && isSecret(await second.token, token) ? workspace : undefined;
    },
  };
}
