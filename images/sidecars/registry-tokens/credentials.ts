import type { ApiServer } from "../../pod/api-server.ts";
import { isSecret, workspaceSecret } from "../../pod/workspace-secret.ts";

const SECRET = "registry-access";

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

/** Compares with the Secret in the workspace's own namespace. */
export function clusterCredentials(cluster: ApiServer): Credentials {
  return {
    async check(workspace, password) {
      const found = await workspaceSecret(cluster, workspace, SECRET);
      return isSecret(found?.password, password);
    },
  };
}
