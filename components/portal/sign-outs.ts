import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, objectMeta } from "../labels.ts";

/** Name of the ConfigMap; the portal's image knows it by this. */
const SIGN_OUTS = "sign-outs";

/** Where the portal writes down who signed out, so that no restart lets them in again: the only object that it may change. */
export function signOuts(name: string, account: k8s.core.v1.ServiceAccount, parent: pulumi.Resource): void {
  const meta = () => objectMeta({ name: SIGN_OUTS, namespace: account.metadata.namespace, labels: appLabels("portal") });
  // What is in it is the portal's.
  new k8s.core.v1.ConfigMap(`${name}-sign-outs`, { metadata: meta() }, { parent, ignoreChanges: ["data"] });
  const role = new k8s.rbac.v1.Role(`${name}-sign-outs-role`, {
    metadata: meta(),
    rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [SIGN_OUTS], verbs: ["get", "patch"] }],
  }, { parent });
  new k8s.rbac.v1.RoleBinding(`${name}-sign-outs-binding`, {
    metadata: meta(),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: account.metadata.namespace }],
  }, { parent });
}
