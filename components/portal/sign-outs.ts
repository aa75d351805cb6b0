import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, objectMeta } from "../kube/labels.ts";

/** Names of the ConfigMaps; the portal's image knows them by these. */
const SIGN_OUTS = "sign-outs", PEOPLE = "people";
/** Written by an embedded node, where there is one, when its disk is nearly full. */
const MACHINE = "machine";

/**
 * What the portal follows while it runs: who is in the guild, and who signed out or was signed out by
 * `npm run link -- --end-sessions`. The latter it also writes, so that no restart lets them in again: the only object that it may change.
 */
export function signOuts(name: string, people: readonly string[], account: k8s.core.v1.ServiceAccount, parent: pulumi.Resource): void {
  const meta = (object = SIGN_OUTS) => objectMeta({ name: object, namespace: account.metadata.namespace, labels: appLabels("portal") });
  // What is in it is the portal's.
  new k8s.core.v1.ConfigMap(`${name}-sign-outs`, { metadata: meta() }, { parent, ignoreChanges: ["data"] });
  new k8s.core.v1.ConfigMap(`${name}-people`, { metadata: meta(PEOPLE), data: { handles: people.join(",") } }, { parent });
  const role = new k8s.rbac.v1.Role(`${name}-sign-outs-role`, {
    metadata: meta(),
    rules: [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: [SIGN_OUTS], verbs: ["get", "list", "watch", "patch"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: [PEOPLE, MACHINE], verbs: ["get", "list", "watch"] },
    ],
  }, { parent });
  new k8s.rbac.v1.RoleBinding(`${name}-sign-outs-binding`, {
    metadata: meta(),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: account.metadata.namespace }],
  }, { parent });
}
