import { IDE_PORT } from "../../pod/names.ts";
import { PortalError } from "../entrance/errors.ts";
import type { Upstream, WorkspaceAccess } from "../guild/workspaces.ts";
import type { Admitted } from "../identity/admission.ts";
import type { Statements } from "../identity/statements.ts";

/** How a workspace is reached for one request. */
export interface Route {
  readonly upstream: Upstream;
  readonly ideSession: string | undefined;
  /** Tells a system of the guild who is signed in. */
  readonly identity: string | undefined;
}

/** What it takes to find the way. */
export interface RouteParts {
  readonly access: WorkspaceAccess;
  readonly statements: Statements;
}

/** @throws {PortalError} `no_such_port` */
export async function route(
  { workspace, port, session }: Admitted,
  { access, statements }: RouteParts,
  fresh = false,
): Promise<Route> {
  const upstream = await access.upstream(workspace.id, port);
  if (!upstream) throw new PortalError(404, "no_such_port", `There is no port named ${port} at ${workspace.id}.`);
  return {
    upstream,
    ideSession:
      workspace.visibility === undefined && port === IDE_PORT
        ? await access.ideSession(workspace.id, { fresh })
        : undefined,
    identity: await statements.of(workspace.id, session),
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
