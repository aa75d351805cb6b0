import { bytesOf } from "../../survey/found.ts";
import type { Found } from "../../survey/found.ts";
import { workspaceName } from "./schema.ts";
import type { WorkspacesKeys } from "./schema.ts";
import { workspaceSize } from "./size.ts";

/**
 * The config as it is applied to what is there: a home whose preset went down keeps its size, as volumes can't shrink,
 * and everything else of the preset changes.
 * @returns what a person should know of that, too
 */
export function keepingSizes<Config extends WorkspacesKeys>(
  config: Config,
  found: Found,
): { config: Config; notes: string[] } {
  const notes: string[] = [];
  const workspaces = config.workspaces.map((workspace) => {
    const name = workspaceName(workspace),
      wanted = workspaceSize(workspace).storage;
    const size = found.get(`ws-${name}`)?.claims.get("home")?.size;
    if (workspace.storage !== undefined || size === undefined || bytesOf(size) <= bytesOf(wanted)) return workspace;
    notes.push(
      `The home of ${name} keeps its ${size}: a volume can't shrink to the ${wanted} of the preset "${workspace.preset}". Writing storage: ${size} beside it says so in the config.`,
    );
    return { ...workspace, storage: size };
  });
  return { config: { ...config, workspaces }, notes };
}
