import { personal } from "../../../events/index.ts";
import type { Audience, EventData } from "../../../events/index.ts";
import type { Workspace, WorkspaceDirectory, WorkspaceState } from "./workspaces.ts";

type Types = "workspace.created" | "workspace.started" | "workspace.stopped" | "workspace.failed";

/** What became of a workspace, and whom it concerns. */
export type Happening = {
  [Type in Types]: { readonly to: Audience; readonly type: Type; readonly data: EventData<Type> };
}[Types];

export interface Told {
  /** Handles of those who read what is for admins, so that nobody is told twice. */
  readonly admins: ReadonlySet<string>;
  readonly tell: (...happenings: Happening[]) => void;
}

/**
 * Tells owners and admins what becomes of workspaces, as the cluster shows it while this runs: how they were at its start
 * is no news. Apps are none.
 * @returns how to stop that
 */
export function tellOfWorkspaces(directory: WorkspaceDirectory, { admins, tell }: Told): () => void {
  const states = new Map<string, WorkspaceState>(directory.list().map(({ id, state }) => [id, state]));
  return directory.onChange((id) => {
    const now = directory.get(id);
    if (now?.visibility !== undefined) return;
    const before = states.get(id);
    if (now === undefined) states.delete(id);
    else states.set(id, now.state);
    if (now === undefined || !directory.readiness().ready) return;
    const audiences: Audience[] = admins.has(now.owner) ? ["admins"] : ["admins", personal(now.owner)];
    for (const to of audiences) tell(...happenings(before, now).map((each) => ({ ...each, to })));
  });
}

type Unaddressed = Happening extends infer One ? (One extends Happening ? Omit<One, "to"> : never) : never;

/** @param before undefined where it wasn't there */
function happenings(before: WorkspaceState | undefined, now: Workspace): Unaddressed[] {
  const data = { workspace: now.id, owner: now.owner };
  return [
    ...(before === undefined ? [{ type: "workspace.created" as const, data }] : []),
    ...(before === now.state ? [] : become(now, data)),
  ];
}

function become({ state, message, reason }: Workspace, data: EventData<"workspace.started">): Unaddressed[] {
  switch (state) {
    case "running":
      return [{ type: "workspace.started", data }];
    case "stopped":
      return [{ type: "workspace.stopped", data }];
    case "failed":
      return [
        {
          type: "workspace.failed",
          data: { ...data, reason: (message ?? reason ?? "nobody says why").slice(0, 1000) },
        },
      ];
    case "starting":
      return [];
  }
}
