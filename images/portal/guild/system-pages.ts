import { APP_PORT } from "../../pod/names.ts";
import type { Upstream, Workspace, WorkspaceAccess, WorkspaceDirectory } from "./workspaces.ts";

/** Pages of a system of the guild, under a host name of their own, for everybody who is signed in. */
export interface SystemPages {
  /** What stands before the apps domain. No workspace and no app is called so. */
  readonly label: string;
  /** What the portal's pages call them. */
  readonly title: string;
  readonly upstream: Upstream & Required<Pick<Upstream, "authority">>;
  /** What the system knows statements for itself by. */
  readonly audience: string;
  /** What these are signed with; the system alone has it as well. */
  readonly key: Uint8Array;
}

/** Workspaces and apps, and beside them systems' pages: found by their name, and in no list. */
export function withPages(directory: WorkspaceDirectory, pages: readonly SystemPages[]): WorkspaceDirectory {
  const known = new Map(
    pages.map(({ label }): [string, Workspace] => [
      label,
      { id: label, owner: "", visibility: "members", state: "running" },
    ]),
  );
  return {
    list: () => directory.list(),
    get: (id) => known.get(id) ?? directory.get(id),
    readiness: () => directory.readiness(),
    onChange: (listener) => directory.onChange(listener),
  };
}

/** The same of how they are reached. */
export function accessWithPages(access: WorkspaceAccess, pages: readonly SystemPages[]): WorkspaceAccess {
  const known = new Map(pages.map(({ label, upstream }) => [label, upstream]));
  return {
    async upstream(id, portName) {
      const own = known.get(id);
      if (own === undefined) return await access.upstream(id, portName);
      return portName === APP_PORT ? own : undefined;
    },
    ideSession: (id, options) => access.ideSession(id, options),
  };
}
