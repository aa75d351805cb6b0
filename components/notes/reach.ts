import { appSelector, label } from "../kube/labels.ts";
import { denyAll } from "../kube/network-policies.ts";
import { program, tcp } from "../kube/network-policy.ts";
import type { Policies, Policy } from "../kube/network-policy.ts";
import { notesIdentity } from "./identity.ts";
import { NOTES_PORT } from "./pods.ts";

const { app, namespace } = notesIdentity;
const ports = tcp(NOTES_PORT);

/** In: from workspaces. Out: nowhere. */
export const notesReach: Policies = {
  "deny-all": denyAll,
  "from-workspaces": { pods: appSelector(app), from: [{ peers: [{ namespacesWith: label.workspace }], ports }] },
};

/** Out of a workspace: to the notes. */
export const toNotes: Policy = { to: [{ peers: [program(app, namespace)], ports }] };
