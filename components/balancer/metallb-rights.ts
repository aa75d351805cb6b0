import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";

type Rule = k8s.types.input.rbac.v1.PolicyRule;

const read = ["get", "list", "watch"];
const write = [...read, "create", "update", "patch", "delete"];
const metallb = ["metallb.io"];
const events: Rule = { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] };

/** What MetalLB's two programs may do. */
interface Rights {
  /** Everywhere. */
  cluster: Rule[];
  /** In their own namespace. */
  own: Rule[];
}

/**
 * Upstream's rights at v0.15.2 (config/rbac/role.yaml), without those for the webhook and for
 * the secret that the controller would make itself.
 */
export const rights: Record<"controller" | "speaker", Rights> = {
  controller: {
    cluster: [
      { apiGroups: [""], resources: ["services", "namespaces"], verbs: read },
      { apiGroups: [""], resources: ["services/status"], verbs: ["update"] },
      events,
    ],
    own: [
      { apiGroups: metallb, resources: ["ipaddresspools", "communities"], verbs: read },
      { apiGroups: metallb, resources: ["ipaddresspools/status"], verbs: ["update"] },
    ],
  },
  speaker: {
    cluster: [
      { apiGroups: [""], resources: ["services", "nodes", "namespaces"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
      { apiGroups: metallb, resources: ["servicel2statuses", "servicel2statuses/status"], verbs: write },
      events,
    ],
    own: [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
      // It doesn't start without having looked for passwords of BGP peers.
      { apiGroups: [""], resources: ["secrets", "configmaps"], verbs: read },
      {
        apiGroups: metallb,
        resources: [
          "ipaddresspools",
          "l2advertisements",
          "bgpadvertisements",
          "bgppeers",
          "bfdprofiles",
          "communities",
        ],
        verbs: read,
      },
      { apiGroups: metallb, resources: ["servicebgpstatuses", "servicebgpstatuses/status"], verbs: write },
    ],
  },
};

/** Children `<name>-<program>-account`, `-role`, `-binding`, `-cluster-role` and `-cluster-binding`. @returns the account's name, once it may do all that */
export function accountOf(program: "controller" | "speaker", place: Place): pulumi.Output<string> {
  const { name, namespace, app, parent } = place;
  const own = metaIn(place, program);
  const everywhere = objectMeta({ name: `guildnet-load-balancer-${program}`, labels: appLabels(app) });
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-${program}-account`,
    { metadata: own, automountServiceAccountToken: false },
    { parent },
  );
  const subjects = [{ kind: "ServiceAccount", name: account.metadata.name, namespace }];
  const role = new k8s.rbac.v1.Role(
    `${name}-${program}-role`,
    { metadata: own, rules: rights[program].own },
    { parent },
  );
  const clusterRole = new k8s.rbac.v1.ClusterRole(
    `${name}-${program}-cluster-role`,
    { metadata: everywhere, rules: rights[program].cluster },
    { parent },
  );
  const apiGroup = "rbac.authorization.k8s.io";
  new k8s.rbac.v1.RoleBinding(
    `${name}-${program}-binding`,
    { metadata: own, roleRef: { apiGroup, kind: "Role", name: role.metadata.name }, subjects },
    { parent },
  );
  new k8s.rbac.v1.ClusterRoleBinding(
    `${name}-${program}-cluster-binding`,
    { metadata: everywhere, roleRef: { apiGroup, kind: "ClusterRole", name: clusterRole.metadata.name }, subjects },
    { parent },
  );
  return account.metadata.name;
}
