import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { ApiServer } from "./api-server.ts";
import { WORKSPACE_ID, workspaceNamespace } from "./names.ts";

const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * What a Secret in a workspace's own namespace has, read anew each time: so a new workspace is known at once, and one that is
 * gone no more.
 * @returns its texts by their keys; undefined where there is no such workspace, or none with this Secret for this program
 */
export async function workspaceSecret(
  cluster: ApiServer,
  workspace: string,
  name: string,
): Promise<Partial<Record<string, string>> | undefined> {
  if (!WORKSPACE_ID.test(workspace)) return undefined;
  const found = await cluster.read(`/api/v1/namespaces/${workspaceNamespace(workspace)}/secrets/${name}`);
  if (found === undefined) return undefined;
  const entries = Object.entries(secret.parse(found).data);
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
}

/** Whether a secret is the one that it ought to be, which nothing is of one that is not there or empty. How long it takes tells nothing of it. */
export function isSecret(expected: string | undefined, given: string): boolean {
  return Boolean(expected) && timingSafeEqual(digest(expected ?? ""), digest(given));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
