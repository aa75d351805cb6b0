import { sizeOf } from "../../../components/index.ts";
import type { WorkspaceSize } from "../../../components/index.ts";
import { withoutUndefined } from "../../check/without-undefined.ts";
import type { WorkspaceConfig } from "./schema.ts";

/** What a workspace of the config may use. */
export function workspaceSize(workspace: WorkspaceConfig): WorkspaceSize {
  return sizeOf(workspace.preset, withoutUndefined({ ...workspace.resources, storage: workspace.storage }));
}
