import { IDE_PORT } from "../../pod/names.ts";
import { PortalError } from "../entrance/errors.ts";
import type { Upstream, WorkspaceAccess } from "../guild/workspaces.ts";
import type { Admitted } from "../identity/admission.ts";

/** How a workspace is reached for one request. */
export interface Route {
  readonly upstream: Upstream;
  readonly ideSession: string | undefined;
}

/** @throws {PortalError} `no_such_port` */
export async function route({ workspace, port }: Admitted, access: WorkspaceAccess, fresh = false): Promise<Route> {
  const upstream = await access.upstream(workspace.id, port);
  if (!upstream) throw new PortalError(404, "no_such_port", `There is no port named ${port} at ${workspace.id}.`);
  return {
    upstream,
    ideSession:
      workspace.visibility === undefined && port === IDE_PORT
        ? await access.ideSession(workspace.id, { fresh })
        : undefined,
  };
}

/** Not 401: signing in again would not help, and the browser would be sent round in circles. */
export function keyRefused(): PortalError {
  return new PortalError(
    502,
    "ide_refused",
    "The workspace's IDE does not accept the portal's key. Restarting the workspace mends it.",
  );
}
