import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";

/** A workload by which a system is well or ill. */
export interface SystemWorkload {
  /** Class and name of the component that made it. */
  component: { type: string; name: string };
  /** Name of its resource; no other's. */
  resource: string;
  kind: "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob";
  namespace: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** Where the system is reached, as its admins and their agents are told. @default it is reached by nobody, or by names of its own */
  address?: string;
}

/** Name of the ConfigMap; the portal's image knows it by that. */
const SYSTEMS = "systems";

/** Tells the portal which workloads its admins see, and lets it read these, by name, and nothing else beside them. */
export function systemsInSight(
  place: Place,
  workloads: readonly SystemWorkload[],
  account: k8s.core.v1.ServiceAccount,
): void {
  const list = pulumi.all(
    workloads.map(({ component, kind, namespace, name, address }) =>
      pulumi.output({ component, kind, namespace, name, ...(address !== undefined && { address }) }),
    ),
  );
  new k8s.core.v1.ConfigMap(
    `${place.name}-systems`,
    { metadata: metaIn(place, SYSTEMS), data: { workloads: list.apply((all) => JSON.stringify(all)) } },
    { parent: place.parent },
  );
  mayGet(place, account, `${place.name}-systems`, {
    namespace: place.namespace,
    name: SYSTEMS,
    apiGroup: "",
    resource: "configmaps",
  });
  for (const { resource, kind, namespace, name } of workloads) {
    mayGet(place, account, `${place.name}-sees-${resource}`, {
      namespace,
      name,
      apiGroup: kind === "CronJob" ? "batch" : "apps",
      resource: `${kind.toLowerCase()}s`,
    });
  }
}

/** One object, by its name. */
function mayGet(
  place: Place,
  account: k8s.core.v1.ServiceAccount,
  child: string,
  {
    namespace,
    name,
    apiGroup,
    resource,
  }: { namespace: pulumi.Input<string>; name: pulumi.Input<string>; apiGroup: string; resource: string },
): void {
  const metadata = objectMeta({
    name: pulumi.interpolate`portal-sees-${resource}-${name}`,
    namespace,
    labels: appLabels("portal"),
  });
  const role = new k8s.rbac.v1.Role(
    `${child}-role`,
    { metadata, rules: [{ apiGroups: [apiGroup], resources: [resource], resourceNames: [name], verbs: ["get"] }] },
    { parent: place.parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${child}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: place.namespace }],
    },
    { parent: place.parent },
  );
}
