import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { metaIn } from "./place.ts";
import type { Place } from "./place.ts";

/** Who may read it: a ServiceAccount of another namespace. */
export interface SecretReader {
  readonly serviceAccount: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
}

/**
 * Lets a system read one Secret of a workspace and nothing else there, so that it knows whom it speaks with: one workspace
 * more changes nothing of the system. Children `<workspace>-<system>-role` and `-binding`.
 */
export function mayReadSecret(workspace: Place, system: string, secret: string, reader: SecretReader): void {
  const { name, parent } = workspace;
  const role = new k8s.rbac.v1.Role(
    `${name}-${system}-role`,
    {
      metadata: metaIn(workspace, system),
      rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [secret], verbs: ["get"] }],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-${system}-binding`,
    {
      metadata: metaIn(workspace, system),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: reader.serviceAccount, namespace: reader.namespace }],
    },
    { parent },
  );
}
