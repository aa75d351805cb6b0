import { createHash, timingSafeEqual } from "node:crypto";
import { ApiException, type CoreV1Api } from "@kubernetes/client-node";
import { plainError } from "../../pod/api-error.ts";
import { WORKSPACE_ID, workspaceNamespace } from "../../pod/names.ts";

const SECRET = "registry-access";
const SECRET_KEY = "password";

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
export function clusterCredentials(core: CoreV1Api): Credentials {
  return {
    async check(workspace, password) {
      if (!WORKSPACE_ID.test(workspace)) return false;
      const expected = await readPassword(core, workspace);
      return expected !== undefined && timingSafeEqual(digest(expected), digest(password));
    },
  };
}

/** @returns undefined where there is no such workspace, or none that may push */
async function readPassword(core: CoreV1Api, workspace: string): Promise<string | undefined> {
  try {
    const secret = await core.readNamespacedSecret({ namespace: workspaceNamespace(workspace), name: SECRET });
    return Buffer.from(secret.data?.[SECRET_KEY] ?? "", "base64").toString("utf8") || undefined;
  } catch (error) {
    if (error instanceof ApiException && (error.code === 404 || error.code === 403)) return undefined;
    throw plainError(error);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
