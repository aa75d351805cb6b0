import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import { appLabels, appSelector } from "../kube/labels.ts";
import { contentVersion, objectMeta } from "../kube/metadata.ts";
import { denyAll, toApiServer } from "../kube/network-policies.ts";
import { networkPolicies } from "../kube/network-policy.ts";
import { metaIn, ownNamespace, powerlessAccount } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { privilegedNamespaces } from "../kube/privileged-namespaces.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import type { StorageClasses } from "./classes.ts";
import {
  helperPod,
  provisionerConfig,
  provisionerDeployment,
  reservedSetupScript,
  reservedTeardownScript,
  setupScript,
  teardownScript,
} from "./local-path.ts";

/** What `transform` changes. */
export interface StorageChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  account: k8s.core.v1.ServiceAccountArgs;
  role: k8s.rbac.v1.RoleArgs;
  binding: k8s.rbac.v1.RoleBindingArgs;
  "cluster-role": k8s.rbac.v1.ClusterRoleArgs;
  "cluster-binding": k8s.rbac.v1.ClusterRoleBindingArgs;
  config: k8s.core.v1.ConfigMapArgs;
  [policy: `network-${string}`]: k8s.networking.v1.NetworkPolicyArgs;
  provisioner: k8s.apps.v1.DeploymentArgs;
  class: k8s.storage.v1.StorageClassArgs;
  "disposable-class": k8s.storage.v1.StorageClassArgs;
}

export interface StorageArgs {
  /** Image of local-path-provisioner, with a shell in it for the helper pods. */
  image: pulumi.Input<string>;
  /** Folder on the node below which volumes are made, `<namespace>/<claim>` each. */
  path: string;
  /**
   * Whether a volume's size holds. `nominal`: it is a folder, which can take more. `reserved`, on an `EmbeddedCluster`
   * alone: it is a file of that size with a file system of its own, whose room is set aside when it is made. Volumes
   * that are there stay as they were made. @default "nominal"
   */
  sizes?: "nominal" | "reserved";
  /** URL of the cluster's API server, where its port is none that API servers commonly have. @default 443 and 6443 are open */
  endpoint?: pulumi.Input<string>;
  /** PriorityClass of the provisioner, usually `Scheduling`'s `classes.platform`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<StorageChildren>;
}

const APP = "local-path-provisioner";
const NAMESPACE = privilegedNamespaces[0].name;

/**
 * Volumes as folders of the node they are used on, or as files mounted there: local-path-provisioner.
 *
 * A volume's folder is named after its claim, so that a claim of the same name finds its
 * files again even when namespace, claim or the whole cluster were made anew meanwhile.
 */
export class Storage extends pulumi.ComponentResource implements StorageClasses {
  /** Class whose files outlive their claim; the cluster's default. */
  declare readonly className: pulumi.Output<string>;
  /** Class whose files are removed with their claim. */
  declare readonly disposableClassName: pulumi.Output<string>;

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Storage",
      name,
      { reaches: "whoever gets a new volume: it is made some seconds later" },
      transformed(name, args.transform, opts),
    );
    const place = ownNamespace(name, { app: APP, namespace: NAMESPACE, level: "privileged" }, this);
    const account = provisionerAccount(place);
    const reserved = args.sizes === "reserved";
    const data = pulumi.output(args.image).apply((image) => ({
      "config.json": JSON.stringify(provisionerConfig(args.path)),
      "helperPod.yaml": JSON.stringify(helperPod(image, reserved)),
      setup: reserved ? reservedSetupScript : setupScript,
      teardown: reserved ? reservedTeardownScript : teardownScript,
    }));
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: metaIn(place, "local-path-config"), data },
      { parent: this },
    );
    // Helper pods talk to nobody, and the provisioner to the API server alone, which it is told by its address.
    const guards = networkPolicies(place, {
      "deny-all": denyAll,
      "to-api-server": toApiServer(args.endpoint, appSelector(APP)),
    });
    new k8s.apps.v1.Deployment(
      `${name}-provisioner`,
      {
        metadata: metaIn(
          place,
          APP,
          accepted({
            "api-token": "it makes volumes through the API server",
            "no-probes": "it serves nothing, and says of itself nothing that could be asked for",
          }),
        ),
        spec: provisionerDeployment({
          app: APP,
          image: args.image,
          account: account.metadata.name,
          config: config.metadata.name,
          configName: "local-path-config",
          priorityClass: args.priorityClass,
          mountedVersion: data.apply((files) => contentVersion(JSON.stringify(files))),
        }),
      },
      { parent: this, dependsOn: guards },
    );
    this.className = storageClass(
      `${name}-class`,
      { name: "local-path", reclaimPolicy: "Retain", isDefault: true },
      this,
    );
    this.disposableClassName = storageClass(
      `${name}-disposable-class`,
      { name: "local-path-disposable", reclaimPolicy: "Delete", isDefault: false },
      this,
    );
    this.registerOutputs({ className: this.className, disposableClassName: this.disposableClassName });
  }
}

function storageClass(
  name: string,
  args: { name: string; reclaimPolicy: "Retain" | "Delete"; isDefault: boolean },
  parent: Storage,
): pulumi.Output<string> {
  const storage = new k8s.storage.v1.StorageClass(
    name,
    {
      metadata: objectMeta({
        name: args.name,
        labels: appLabels(APP),
        annotations: { "storageclass.kubernetes.io/is-default-class": String(args.isDefault) },
      }),
      provisioner: "rancher.io/local-path",
      reclaimPolicy: args.reclaimPolicy,
      volumeBindingMode: "WaitForFirstConsumer",
      // A folder has no size of its own, so that a claim which grows needs nothing done; of a file the node sees that it grew.
      allowVolumeExpansion: true,
      parameters: { pathPattern: "{{ .PVC.Namespace }}/{{ .PVC.Name }}" },
    },
    { parent },
  );
  return storage.metadata.name;
}

/** The rights that upstream's manifest of v0.0.30 gives it (deploy/local-path-storage.yaml). */
function provisionerAccount(place: Place): k8s.core.v1.ServiceAccount {
  const account = powerlessAccount(place),
    { name, namespace, parent } = place;
  const subjects = [{ kind: "ServiceAccount", name: account.metadata.name, namespace }];
  const role = new k8s.rbac.v1.Role(
    `${name}-role`,
    {
      metadata: metaIn(place, APP),
      rules: [
        {
          apiGroups: [""],
          resources: ["pods"],
          verbs: ["get", "list", "watch", "create", "patch", "update", "delete"],
        },
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.RoleBinding(
    `${name}-binding`,
    {
      metadata: metaIn(place, APP),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects,
    },
    { parent },
  );
  const clusterRole = new k8s.rbac.v1.ClusterRole(
    `${name}-cluster-role`,
    {
      metadata: objectMeta({ name: APP, labels: appLabels(APP) }),
      rules: [
        {
          apiGroups: [""],
          resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
          verbs: ["get", "list", "watch"],
        },
        {
          apiGroups: [""],
          resources: ["persistentvolumes"],
          verbs: ["get", "list", "watch", "create", "patch", "update", "delete"],
        },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
        { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["get", "list", "watch"] },
      ],
    },
    { parent },
  );
  new k8s.rbac.v1.ClusterRoleBinding(
    `${name}-cluster-binding`,
    {
      metadata: objectMeta({ name: APP, labels: appLabels(APP) }),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterRole.metadata.name },
      subjects,
    },
    { parent },
  );
  return account;
}
