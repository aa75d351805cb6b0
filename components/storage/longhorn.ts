import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isSchedule } from "../kube/cron.ts";
import { GuildError } from "../kube/errors.ts";
import { appLabels } from "../kube/labels.ts";
import { objectMeta } from "../kube/metadata.ts";
import { ownNamespace, retention } from "../kube/place.ts";
import type { PrivilegedName } from "../kube/privileged-namespaces.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { charts } from "../versions.ts";
import type { StorageClasses } from "./classes.ts";
import { BACKUP_URL, backupTarget, recurringJob } from "./longhorn-jobs.ts";
import type { LonghornBackup, LonghornSchedule } from "./longhorn-jobs.ts";
import { classParameters, longhornValues } from "./longhorn-values.ts";
import type { DataLocality, LonghornSettings, ResolvedLonghorn } from "./longhorn-values.ts";

/** What `transform` changes. */
export interface LonghornChildren {
  namespace: k8s.core.v1.NamespaceArgs;
  release: k8s.helm.v3.ReleaseArgs;
  snapshots: k8s.apiextensions.CustomResourceArgs;
  backups: k8s.apiextensions.CustomResourceArgs;
  "backup-credentials": k8s.core.v1.SecretArgs;
  "backup-target": k8s.apiextensions.CustomResourceArgs;
  class: k8s.storage.v1.StorageClassArgs;
  "disposable-class": k8s.storage.v1.StorageClassArgs;
}

export interface LonghornArgs {
  /** Nodes that each volume is on; there must be as many. @default 3 */
  replicas?: number;
  /** Whether one of them is where the volume's pod runs. @default "best-effort" */
  dataLocality?: DataLocality;
  /** Folder of every node in which volumes are. Decided once: it is for disks that join. @default "/var/lib/longhorn" */
  dataPath?: string;
  /** Whether claims that name no class get the kept one. @default true */
  isDefault?: boolean;
  /** Snapshots of kept volumes, on the volume's own nodes. @default none */
  snapshots?: LonghornSchedule;
  /** Copies of kept volumes elsewhere. @default none */
  backup?: LonghornBackup;
  /** Settings of Longhorn that differ from this project's. @default none */
  settings?: Partial<LonghornSettings>;
  /** Where the chart is from. @default upstream's repository and release */
  chart?: { repository: string; version: string };
  /**
   * Whether Longhorn, with all volumes, stays in the cluster when it is removed. What has stayed is
   * used again as the cluster's own storage: a release that is there can't be installed anew.
   * To uninstall it, apply `false` first, then remove it.
   * @default true
   */
  keepData?: boolean;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<LonghornChildren>;
}

const NAMESPACE: PrivilegedName = "longhorn-system";
/** Of the release, and of the driver's objects in it. */
const RELEASE = "longhorn";
/** Pulling its images to every node takes minutes. */
const TIMEOUT_SECONDS = 900;

/**
 * Volumes that outlive a node: Longhorn copies each to several nodes, and to an S3 bucket on a schedule.
 * Nodes need iSCSI: open-iscsi with the kernel module iscsi_tcp, or on Talos what `longhornMachine` says.
 *
 * Installed as a Helm release and not object by object, since its removal is a job of its own, which
 * ends volumes in order. A run that is killed while it installs leaves a release that Helm calls
 * pending: `helm uninstall longhorn --namespace longhorn-system`, then run again.
 */
export class Longhorn extends pulumi.ComponentResource implements StorageClasses {
  declare readonly className: pulumi.Output<string>;
  declare readonly disposableClassName: pulumi.Output<string>;

  constructor(name: string, args: LonghornArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkLonghorn(name, args);
    super("guildnet:index:Longhorn", name, {}, transformed(name, args.transform, opts));
    const keepData = args.keepData ?? true;
    const resolved: ResolvedLonghorn = {
      replicas: args.replicas ?? 3,
      dataLocality: args.dataLocality ?? "best-effort",
      dataPath: args.dataPath ?? "/var/lib/longhorn",
      keepData,
      settings: args.settings ?? {},
    };
    const place = ownNamespace(
      name,
      { app: "longhorn", namespace: NAMESPACE, level: "privileged", data: retention(keepData) },
      this,
    );
    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: RELEASE,
        namespace: place.namespace,
        chart: "longhorn",
        version: args.chart?.version ?? charts.longhorn.version,
        repositoryOpts: { repo: args.chart?.repository ?? charts.longhorn.repository },
        values: longhornValues(resolved),
        timeout: TIMEOUT_SECONDS,
      },
      { parent: this, retainOnDelete: keepData },
    );

    if (args.snapshots) recurringJob(place, release, "snapshot", args.snapshots);
    if (args.backup) {
      backupTarget(place, release, args.backup);
      recurringJob(place, release, "backup", args.backup);
    }
    const jobs = args.snapshots !== undefined || args.backup !== undefined;
    this.className = storageClass(
      `${name}-class`,
      {
        name: "longhorn",
        reclaimPolicy: "Retain",
        isDefault: args.isDefault ?? true,
        keepData,
        parameters: classParameters(resolved, { jobs, backups: args.backup !== undefined }),
      },
      this,
      release,
    );
    this.disposableClassName = storageClass(
      `${name}-disposable-class`,
      {
        name: "longhorn-disposable",
        reclaimPolicy: "Delete",
        isDefault: false,
        keepData,
        parameters: classParameters(resolved, { jobs: false, backups: false }),
      },
      this,
      release,
    );
    this.registerOutputs({ className: this.className, disposableClassName: this.disposableClassName });
  }
}

interface ClassArgs {
  name: string;
  reclaimPolicy: "Retain" | "Delete";
  isDefault: boolean;
  parameters: Record<string, string>;
  keepData: boolean;
}

function storageClass(name: string, v: ClassArgs, parent: Longhorn, release: pulumi.Resource): pulumi.Output<string> {
  const made = new k8s.storage.v1.StorageClass(
    name,
    {
      metadata: objectMeta({
        name: v.name,
        labels: appLabels("longhorn"),
        annotations: { "storageclass.kubernetes.io/is-default-class": String(v.isDefault) },
      }),
      provisioner: "driver.longhorn.io",
      reclaimPolicy: v.reclaimPolicy,
      volumeBindingMode: "Immediate",
      allowVolumeExpansion: true,
      parameters: v.parameters,
    },
    { parent, dependsOn: [release], retainOnDelete: v.keepData },
  );
  return made.metadata.name;
}

/** What is wrong with its plain arguments; empty when nothing is. */
export function longhornMistakes({ replicas = 3, dataPath, snapshots, backup }: LonghornArgs): string[] {
  const mistakes: string[] = [];
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 20)
    mistakes.push(`replicas is ${replicas}, allowed are whole numbers from 1 to 20`);
  if (dataPath !== undefined && !/^(\/[A-Za-z0-9._-]+)+$/.test(dataPath))
    mistakes.push(`dataPath is "${dataPath}", allowed is a folder such as "/var/mnt/longhorn"`);
  if (backup !== undefined && !BACKUP_URL.test(backup.url))
    mistakes.push(
      `backup.url is "${backup.url}", allowed is "s3://<bucket>@<region>/", with folders after it that end in "/"`,
    );
  for (const [key, schedule] of Object.entries({ snapshots, backup })) {
    if (schedule === undefined) continue;
    if (!isSchedule(schedule.cron))
      mistakes.push(`${key}.cron is "${schedule.cron}", allowed are five fields such as "0 3 * * *"`);
    if (!Number.isInteger(schedule.retain) || schedule.retain < 1)
      mistakes.push(`${key}.retain is ${schedule.retain}, allowed are whole numbers from 1`);
  }
  return mistakes;
}

/** @throws GuildError with every mistake at once */
function checkLonghorn(name: string, args: LonghornArgs): void {
  const mistakes = longhornMistakes(args);
  if (mistakes.length > 0) throw new GuildError("longhorn-args", `longhorn "${name}": ${mistakes.join("; ")}`);
}
