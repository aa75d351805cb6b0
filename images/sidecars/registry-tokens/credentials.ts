import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { ApiServer } from "../../pod/api-server.ts";
import { WORKSPACE_ID, workspaceNamespace } from "../../pod/names.ts";

const SECRET = "registry-access";
const SECRET_KEY = "password";
const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** Whether a password is a workspace's own. */
export interface Credentials {
  check(workspace: string, password: string): Promise<boolean>;
}

/** Name and password of an `Authorization: Basic` header; undefined where it is none. */
export function basicCredentials(header: string | undefined): { name: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Compares with the Secret in the workspace's own namespace, read anew each time: a new workspace can push at once,
 * and one that is gone no more.
 */
export function clusterCredentials(cluster: ApiServer): Credentials {
  return {
    async check(workspace, password) {
      if (!WORKSPACE_ID.test(workspace)) return false;
      const expected = await readPassword(cluster, workspace);
      return expected !== undefined && timingSafeEqual(digest(expected), digest(password));
    },
  };
}

/** @returns undefined where there is no such workspace, or none that may push */
async function readPassword(cluster: ApiServer, workspace: string): Promise<string | undefined> {
  const found = await cluster.read(`/api/v1/namespaces/${workspaceNamespace(workspace)}/secrets/${SECRET}`);
  return found === undefined
    ? undefined
    : Buffer.from(secret.parse(found).data[SECRET_KEY] ?? "", "base64").toString("utf8") || undefined;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
