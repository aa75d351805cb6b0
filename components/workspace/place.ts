import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { appLabels, label, objectMeta, podSecurityLabels, unawaited } from "../kube/labels.ts";
import type { PortalIdentity } from "./portal-identity.ts";

type Labels = Record<string, pulumi.Input<string>>;

/** What becomes of data when the component is removed. */
export type Fate = "kept" | "disposable";

export function fate(keepData: boolean | undefined): Fate {
  return keepData ?? true ? "kept" : "disposable";
}

/**
 * Where everything of one workspace or app lies, apart from all others: the portal finds its
 * namespace by a label and its objects by the name of their kind.
 */
export interface Place {
  id: string;
  kind: "workspace" | "app";
  namespace: k8s.core.v1.Namespace;
  /** Its children are called `<id>-…`. */
  parent: pulumi.Resource;
}

const kinds = {
  workspace: { prefix: "ws", label: label.workspace },
  app: { prefix: "app", label: label.app },
};

interface NamespaceArgs {
  owner: pulumi.Input<string>;
  /** Whether a volume in it outlives the component. */
  data: Fate;
  labels: Labels;
}

/** Child `<id>-namespace`, called `ws-<id>` or `app-<id>`. */
export function place(id: string, kind: Place["kind"], args: NamespaceArgs, parent: pulumi.Resource): Place {
  const namespace = new k8s.core.v1.Namespace(`${id}-namespace`, {
    metadata: objectMeta({
      name: `${kinds[kind].prefix}-${id}`,
      labels: {
        ...args.labels, ...appLabels(kind), ...podSecurityLabels("restricted"),
        [kinds[kind].label]: id, [label.owner]: args.owner, [label.data]: args.data,
      },
    }),
    // Deleting the namespace would delete the claim in it.
  }, { parent, retainOnDelete: args.data === "kept" });
  return { id, kind, namespace, parent };
}

/** Metadata of an object in it. */
export function placeMeta({ kind, namespace }: Place, name: string, annotations: Record<string, string> = {}) {
  return objectMeta({ name, namespace: namespace.metadata.name, labels: appLabels(kind), annotations });
}

/** Children `<id>-quota` and `<id>-limits`. */
export function limits(place: Place, quota: k8s.types.input.core.v1.ResourceQuotaSpec, range: k8s.types.input.core.v1.LimitRangeSpec): pulumi.Resource[] {
  const { id, kind, parent } = place;
  return [
    // Enforced from the moment it is there; the engine would wait for its first count.
    new k8s.core.v1.ResourceQuota(`${id}-quota`, { metadata: placeMeta(place, kind, unawaited), spec: quota }, { parent }),
    new k8s.core.v1.LimitRange(`${id}-limits`, { metadata: placeMeta(place, kind), spec: range }, { parent }),
  ];
}

/** Children `<id>-network-<name>`. */
export function networkPolicies(place: Place, specs: Record<string, k8s.types.input.networking.v1.NetworkPolicySpec>): pulumi.Resource[] {
  return Object.entries(specs).map(([name, spec]) =>
    new k8s.networking.v1.NetworkPolicy(`${place.id}-network-${name}`, { metadata: placeMeta(place, name), spec }, { parent: place.parent }));
}

/**
 * Children `<id>-portal-…`: the portal reads its state.
 * @param secrets names of the secrets it reads as well
 */
export function portalRights(place: Place, portal: PortalIdentity, secrets: string[] = []): void {
  const { id, parent } = place;
  const role = new k8s.rbac.v1.Role(`${id}-portal-role`, {
    metadata: placeMeta(place, "portal"),
    rules: [
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods", "services", "events"], verbs: ["get", "list", "watch"] },
      // Without names the rule would be for all of them.
      ...(secrets.length === 0 ? [] : [{ apiGroups: [""], resources: ["secrets"], resourceNames: secrets, verbs: ["get"] }]),
    ],
  }, { parent });
  new k8s.rbac.v1.RoleBinding(`${id}-portal-binding`, {
    metadata: placeMeta(place, "portal"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: portal.serviceAccount, namespace: portal.namespace }],
  }, { parent });
}

/** Child `<id>-account`, without any right and without a token. */
export function serviceAccount(place: Place): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(`${place.id}-account`, {
    metadata: placeMeta(place, place.kind), automountServiceAccountToken: false,
  }, { parent: place.parent });
}

interface VolumeArgs {
  name: string;
  storage: string;
  storageClass?: pulumi.Input<string>;
  data: Fate;
}

/**
 * Child `<id>-<name>`.
 * @param guards applied first: a claim that grows is checked against the quota that is there
 */
export function volume(place: Place, args: VolumeArgs, guards: pulumi.Resource[]): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(`${place.id}-${args.name}`, {
    metadata: objectMeta({
      name: args.name, namespace: place.namespace.metadata.name,
      labels: { ...appLabels(place.kind), [label.data]: args.data },
      // Not waited for: under WaitForFirstConsumer the engine would wait for "Pending", which a claim that is taken over never is again.
      annotations: unawaited,
    }),
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: args.storageClass,
      resources: { requests: { storage: args.storage } },
    },
    // The class is chosen once: claims can't change theirs.
  }, { parent: place.parent, dependsOn: guards, retainOnDelete: args.data === "kept", ignoreChanges: ["spec.storageClassName"] });
}
