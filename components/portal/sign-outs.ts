import * as k8s from "@pulumi/kubernetes";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { PUBLISHED } from "./published.ts";

/** Names of the ConfigMaps; the portal's image knows them by these. */
const SIGN_OUTS = "sign-outs",
  PEOPLE = "people";
/** Written by an embedded node, where there is one, when its disk is nearly full. */
const MACHINE = "machine";

/**
 * What the portal follows while it runs: who is in the guild, what is published, and who signed out or was signed out by
 * `npm run link -- --end-sessions`. The latter it also writes, so that no restart lets them in again: the only object that it may change.
 */
export function signOuts(place: Place, people: readonly string[], account: k8s.core.v1.ServiceAccount): void {
  const { name, parent } = place;
  // What is in it is the portal's.
  new k8s.core.v1.ConfigMap(
    `${name}-sign-outs`,
    { metadata: metaIn(place, SIGN_OUTS) },
    { parent, ignoreChanges: ["data"] },
  );
  new k8s.core.v1.ConfigMap(
    `${name}-people`,
    { metadata: metaIn(place, PEOPLE), data: { handles: people.join(",") } },
    { parent },
  );
  const role = new k8s.rbac.v1.Role(
    `${name}-sign-outs-role`,
    {
      metadata: metaIn(place, SIGN_OUTS),
      rules: [
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: [SIGN_OUTS],
          verbs: ["get", "list", "watch", "patch"],
        },
        {
          apiGroups: [""],
          resources: ["configmaps"],
          resourceNames: [PEOPLE, MACHINE, PUBLISHED],
          verbs: ["get", "list", "watch"],
        },
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-sign-outs-binding`,
    {
      metadata: metaIn(place, SIGN_OUTS),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: place.namespace }],
    },
    { parent },
  );
}
