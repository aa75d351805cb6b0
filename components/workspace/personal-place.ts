import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { label } from "../kube/labels.ts";
import { unawaited } from "../kube/metadata.ts";
import { metaIn, ownNamespace } from "../kube/place.ts";
import type { OwnPlace, Place, Retention } from "../kube/place.ts";
import type { PortalIdentity } from "./portal-identity.ts";

const kinds = {
  workspace: { prefix: "ws", label: label.workspace },
  app: { prefix: "app", label: label.app },
};

interface PersonalPlaceArgs {
  owner: pulumi.Input<string>;
  /** What becomes of a volume in it. */
  data: Retention;
  labels: Record<string, pulumi.Input<string>>;
}

/**
 * Where everything of one workspace or app lies, apart from all others: the portal finds its
 * namespace, `ws-<id>` or `app-<id>`, by a label and its objects by the name of their kind.
 */
export function personalPlace(
  id: string,
  kind: keyof typeof kinds,
  { owner, data, labels }: PersonalPlaceArgs,
  parent: pulumi.Resource,
): OwnPlace {
  return ownNamespace(
    id,
    {
      app: kind,
      namespace: `${kinds[kind].prefix}-${id}`,
      level: "restricted",
      data,
      labels: { ...labels, [kinds[kind].label]: id, [label.owner]: owner },
    },
    parent,
  );
}

/** Children `<id>-quota` and `<id>-limits`. */
export function limits(
  place: Place,
  quota: k8s.types.input.core.v1.ResourceQuotaSpec,
  range: k8s.types.input.core.v1.LimitRangeSpec,
): pulumi.Resource[] {
  const { name, app, parent } = place;
  return [
    // Enforced from the moment it is there; the engine would wait for its first count.
    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      { metadata: metaIn(place, app, unawaited), spec: quota },
      { parent },
    ),
    new k8s.core.v1.LimitRange(`${name}-limits`, { metadata: metaIn(place, app), spec: range }, { parent }),
  ];
}

/**
 * Children `<id>-portal-…`: the portal reads its state.
 * @param secrets names of the secrets it reads as well
 */
export function portalRights(place: Place, portal: PortalIdentity, secrets: string[] = []): void {
  const { name, parent } = place;
  const role = new k8s.rbac.v1.Role(
    `${name}-portal-role`,
    {
      metadata: metaIn(place, "portal"),
      rules: [
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["pods", "services", "events"], verbs: ["get", "list", "watch"] },
        // Without names the rule would be for all of them.
        ...(secrets.length === 0
          ? []
          : [{ apiGroups: [""], resources: ["secrets"], resourceNames: secrets, verbs: ["get"] }]),
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-portal-binding`,
    {
      metadata: metaIn(place, "portal"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: portal.serviceAccount, namespace: portal.namespace }],
    },
    { parent },
  );
}
