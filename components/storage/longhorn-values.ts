/** Where a volume's data is kept: on any nodes, or on the node of its pod as well. */
export const dataLocalities = ["disabled", "best-effort"] as const;
export type DataLocality = (typeof dataLocalities)[number];

/** What of the chart's values this project sets. https://github.com/longhorn/longhorn/blob/v1.12.1/chart/values.yaml */
export interface LonghornValues {
  persistence: { createStorageClass: boolean; defaultClass: boolean };
  longhornUI: { replicas: number };
  defaultSettings: LonghornSettings;
}

/** https://longhorn.io/docs/1.12.1/references/settings/ */
export interface LonghornSettings {
  defaultDataPath: string;
  /** Of volumes that no class says it for. */
  defaultReplicaCount: string;
  defaultDataLocality: DataLocality;
  replicaAutoBalance: "disabled" | "least-effort" | "best-effort";
  nodeDrainPolicy:
    | "block-for-eviction"
    | "block-for-eviction-if-contains-last-replica"
    | "block-if-contains-last-replica"
    | "allow-if-replica-is-stopped"
    | "always-allow";
  allowRecurringJobWhileVolumeDetached: boolean;
  upgradeChecker: boolean;
  allowCollectingLonghornUsageMetrics: boolean;
  deletingConfirmationFlag: boolean;
}

export interface ResolvedLonghorn {
  replicas: number;
  dataLocality: DataLocality;
  dataPath: string;
  keepData: boolean;
  settings: Partial<LonghornSettings>;
}

export function longhornValues(v: ResolvedLonghorn): LonghornValues {
  return {
    // The component's own are objects of the graph; the chart's would be made by Longhorn, and default beside ours.
    persistence: { createStorageClass: false, defaultClass: false },
    // It asks nobody who they are.
    longhornUI: { replicas: 0 },
    defaultSettings: {
      defaultDataPath: v.dataPath,
      defaultReplicaCount: String(v.replicas),
      defaultDataLocality: v.dataLocality,
      replicaAutoBalance: "best-effort",
      nodeDrainPolicy: "block-if-contains-last-replica",
      // A stopped workspace's volume is attached nowhere, and what was written last is not in a backup yet.
      allowRecurringJobWhileVolumeDetached: true,
      // Both tell Longhorn's makers of this cluster.
      upgradeChecker: false,
      allowCollectingLonghornUsageMetrics: false,
      // Without it Longhorn refuses to be uninstalled, with which all volumes end.
      deletingConfirmationFlag: !v.keepData,
      ...v.settings,
    },
  };
}

/** Of jobs that are done for volumes of the kept class. */
export const JOB_GROUP = "guildnet";
export const BACKUP_TARGET = "guildnet";

/** Parameters of a StorageClass, all text. https://longhorn.io/docs/1.12.1/references/storage-class-parameters/ */
export function classParameters(
  v: Pick<ResolvedLonghorn, "replicas" | "dataLocality">,
  { jobs, backups }: { jobs: boolean; backups: boolean },
): Record<string, string> {
  return {
    numberOfReplicas: String(v.replicas),
    dataLocality: v.dataLocality,
    // Minutes after which a replica that failed is given up.
    staleReplicaTimeout: "30",
    fsType: "ext4",
    ...(jobs ? { recurringJobSelector: JSON.stringify([{ name: JOB_GROUP, isGroup: true }]) } : {}),
    ...(backups ? { backupTargetName: BACKUP_TARGET } : {}),
  };
}
