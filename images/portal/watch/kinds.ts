import type { V1Namespace } from "@kubernetes/client-node";
import { workspaceNamespace } from "../../pod/names.ts";
import type { Visibility, Workspace } from "../guild/workspaces.ts";

/** How one kind of thing that the portal serves lies in the cluster. Each has a namespace of its own. */
export interface Kind {
  /** On its namespace; the value is its id. */
  readonly label: string;
  readonly namespaceOf: (id: string) => string;
  /** Name of its Deployment and of its Service. */
  readonly object: string;
  /** What else its namespace tells of it. */
  readonly about: (namespace: V1Namespace) => Pick<Workspace, "visibility">;
}

export const workspaceKind: Kind = {
  label: "guildnet.io/workspace",
  namespaceOf: workspaceNamespace,
  object: "workspace",
  about: () => ({}),
};

export const appKind: Kind = {
  label: "guildnet.io/app",
  namespaceOf: (id) => `app-${id}`,
  object: "app",
  about: ({ metadata }) => ({ visibility: visibilityOf(metadata?.labels?.["guildnet.io/visibility"]) }),
};

/** Anything that is not clearly said keeps it shut. */
function visibilityOf(label: string | undefined): Visibility {
  return label === "members" || label === "public" ? label : "private";
}
