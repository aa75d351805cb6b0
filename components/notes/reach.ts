import { appSelector, label } from "../kube/labels.ts";
import { denyAll, toDns } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { notesIdentity } from "./identity.ts";
import { NOTES_PORT } from "./pods.ts";

const { app, namespace } = notesIdentity;
const ports = tcp(NOTES_PORT);

/** In: from workspaces and from the portal. Out: to the event bus, where there is one. */
export function notesReach(portal: { app: string; namespace: string }, toEvents?: Policy): Policies {
  return {
    "deny-all": denyAll,
    "from-workspaces": { pods: appSelector(app), from: [{ peers: [{ namespacesWith: label.workspace }], ports }] },
    "from-portal": { pods: appSelector(app), from: [{ peers: [program(portal.app, portal.namespace)], ports }] },
    ...(toEvents && { "to-dns": toDns, "to-events": { ...toEvents, pods: appSelector(app) } }),
  };
}

/** Out of a workspace: to the notes. */
export const toNotes: Policy = { to: [{ peers: [program(app, namespace)], ports }] };
