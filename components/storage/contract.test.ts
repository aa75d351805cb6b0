import { core, policy, rbac } from "../testing/cases.ts";
import { holdsToContract } from "../testing/contract.ts";
import { Longhorn } from "./longhorn.ts";
import { Storage } from "./storage.ts";

const longhorn = (kind: string, name: string) => `kubernetes:longhorn.io/v1beta2:${kind} ${name}`;

holdsToContract([
  {
    component: "Storage",
    make: (on, transform) =>
      new Storage("it", { transform, image: "example.org/storage:1", path: "/volumes" }, { provider: on() }),
    children: [
      core("Namespace", "namespace"),
      core("ServiceAccount", "account"),
      rbac("Role", "role"),
      rbac("RoleBinding", "binding"),
      rbac("ClusterRole", "cluster-role"),
      rbac("ClusterRoleBinding", "cluster-binding"),
      core("ConfigMap", "config"),
      policy("deny-all"),
      policy("to-api-server"),
      "kubernetes:apps/v1:Deployment provisioner",
      "kubernetes:storage.k8s.io/v1:StorageClass class",
      "kubernetes:storage.k8s.io/v1:StorageClass disposable-class",
    ],
    outputs: ["className", "disposableClassName"],
    secret: [],
    canaries: [],
  },
  {
    component: "Longhorn",
    make: (on, transform) =>
      new Longhorn(
        "it",
        {
          transform,
          snapshots: { cron: "0 * * * *", retain: 24 },
          backup: {
            url: "s3://volumes@eu-central-1/",
            accessKeyId: "AKIA",
            secretAccessKey: "CANARY",
            cron: "0 3 * * *",
            retain: 14,
          },
        },
        { provider: on() },
      ),
    children: [
      core("Namespace", "namespace"),
      "kubernetes:helm.sh/v3:Release release",
      core("Secret", "backup-credentials"),
      longhorn("BackupTarget", "backup-target"),
      longhorn("RecurringJob", "snapshots"),
      longhorn("RecurringJob", "backups"),
      "kubernetes:storage.k8s.io/v1:StorageClass class",
      "kubernetes:storage.k8s.io/v1:StorageClass disposable-class",
    ],
    outputs: ["className", "disposableClassName"],
    secret: [],
    canaries: ["CANARY"],
  },
]);
