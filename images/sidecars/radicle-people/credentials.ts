import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { ApiServer } from "../../pod/api-server.ts";
import { WORKSPACE_ID, workspaceNamespace } from "../../pod/names.ts";

const SECRET = "radicle-access";
const secret = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** Whose workspace a name and password are. */
export interface Workspaces {
  /** @returns the handle of its person; undefined where there is no such workspace, or it has another password */
  owner(workspace: string, password: string): Promise<string | undefined>;
}

/** Compares with the Secret in the workspace's own namespace, read anew each time, so that a new workspace is known at once. */
export function clusterWorkspaces(cluster: ApiServer): Workspaces {
  return {
    async owner(workspace, password) {
      if (!WORKSPACE_ID.test(workspace)) return undefined;
      const found = await cluster.read(`/api/v1/namespaces/${workspaceNamespace(workspace)}/secrets/${SECRET}`);
      if (found === undefined) return undefined;
      const { data } = secret.parse(found);
      const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
      const expected = text("password"),
        owner = text("owner");
      return expected && owner && timingSafeEqual(digest(expected), digest(password)) ? owner : undefined;
    },
  };
}

function digest(content: string): Buffer {
  return createHash("sha256").update(content).digest();
}
