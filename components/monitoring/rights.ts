import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { networkPolicy } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { MONITORING_NAMESPACE } from "./identity.ts";
import { toFigures } from "./reach.ts";
import type { ScrapedPods } from "./scrape.ts";

const CLUSTER_ROLE = "guildnet-monitoring";

/**
 * Children `<name>-role` and `<name>-binding`: to know nodes, and to read figures, of kubelets and of the API server, and
 * nothing else there; and where the guild has them, when certificates end and what became of backups.
 */
export function clusterRights(
  { name, app, parent }: Place,
  account: pulumi.Input<string>,
  { certificates, backups }: { certificates: boolean; backups: boolean },
): void {
  const metadata = objectMeta({ name: CLUSTER_ROLE, labels: appLabels(app) });
  const role = new k8s.rbac.v1.ClusterRole(
    `${name}-role`,
    {
      metadata,
      rules: [
        { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
        // Not `nodes/proxy`, by which whoever has it runs commands in any pod.
        { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
        { nonResourceURLs: ["/metrics"], verbs: ["get"] },
        // Their keys are in Secrets, which it may not read.
        ...(certificates ? [{ apiGroups: ["cert-manager.io"], resources: ["certificates"], verbs: ["list"] }] : []),
        // One right for all namespaces: one more volume then changes nothing here.
        ...(backups
          ? [{ apiGroups: ["batch"], resources: ["cronjobs"], resourceNames: ["backup"], verbs: ["get"] }]
          : []),
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.ClusterRoleBinding(
    `${name}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
      subjects: [subject(account)],
    },
    { parent },
  );
}

/** Children `<name>-<child>-role` and `<name>-<child>-binding`: to find the pods of a namespace. */
export function findPods(
  place: Place,
  child: string,
  account: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions = { parent: place.parent },
): void {
  const metadata = metaIn(place, CLUSTER_ROLE);
  const role = new k8s.rbac.v1.Role(
    `${place.name}-${child}-role`,
    { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }] },
    opts,
  );
  new k8s.rbac.v1.RoleBinding(
    `${place.name}-${child}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [subject(account)],
    },
    opts,
  );
}

/** The same in another system's namespace, and the way in to its pods: child `<name>-network-<pods>`. */
export function letIn(place: Place, pods: ScrapedPods, account: pulumi.Input<string>): void {
  const there: Place = { ...place, namespace: pods.namespace };
  const opts = { parent: place.parent, ...(pods.component && { dependsOn: pods.component }) };
  findPods(there, pods.name, account, opts);
  networkPolicy(`${place.name}-network-${pods.name}`, metaIn(there, "from-monitoring"), toFigures(pods), opts);
}

function subject(name: pulumi.Input<string>) {
  return { kind: "ServiceAccount", name, namespace: MONITORING_NAMESPACE };
}
