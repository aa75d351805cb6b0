import type { ApiServer } from "../../pod/api-server.ts";
import { isSecret, workspaceSecret } from "../../pod/workspace-secret.ts";

const SECRET = "radicle-access";

/** Whose workspace a name and password are. */
export interface Workspaces {
  /** @returns the handle of its person; undefined where there is no such workspace, or it has another password */
  owner(workspace: string, password: string): Promise<string | undefined>;
}

/** Compares with the Secret in the workspace's own namespace. */
export function clusterWorkspaces(cluster: ApiServer): Workspaces {
  return {
    async owner(workspace, password) {
      const found = await workspaceSecret(cluster, workspace, SECRET);
      return isSecret(found?.password, password) && found?.owner ? found.owner : undefined;
    },
  };
}
