import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { BACKUP_TARGET, JOB_GROUP } from "./longhorn-values.ts";

const API_VERSION = "longhorn.io/v1beta2";

/** When something is done, and how many of its results stay. */
export interface LonghornSchedule {
  /** Five fields as cron has them, in the time zone of the nodes, for instance "0 3 * * *". */
  cron: string;
  /** How many to keep of each volume. */
  retain: number;
}

/** An S3 bucket for copies of volumes. */
export interface LonghornBackup extends LonghornSchedule {
  /** "s3://<bucket>@<region>/<folder>/", where the folder may be missing. */
  url: string;
  /** Address of a server other than Amazon's. @default Amazon's */
  endpoint?: pulumi.Input<string>;
  accessKeyId: pulumi.Input<string>;
  /** Kept secret. */
  secretAccessKey: pulumi.Input<string>;
  /** PEM of the authority that signed the server's certificate. @default one the system knows */
  caCertificate?: pulumi.Input<string>;
}

/** The bucket and the folder as Longhorn wants them. */
export const BACKUP_URL = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]@[a-z0-9-]+\/([A-Za-z0-9._-]+\/)*$/;

/** What a RecurringJob does; of volumes of the group alone, and two of them at a time. */
export function jobSpec(task: "snapshot" | "backup", { cron, retain }: LonghornSchedule) {
  return { name: jobName(task), task, cron, retain, concurrency: 2, groups: [JOB_GROUP], labels: {} };
}

export function jobName(task: "snapshot" | "backup"): string {
  return `guildnet-${task}`;
}

/** A target beside Longhorn's own default, which Longhorn makes and nobody may delete. */
export function targetSpec(url: string, credentialSecret: pulumi.Input<string>) {
  return { backupTargetURL: url, credentialSecret, pollInterval: "5m0s" };
}

/**
 * Child `<place>-<task>s`.
 * @param release brings the kind that it is of
 */
export function recurringJob(
  place: Place,
  release: pulumi.Resource,
  task: "snapshot" | "backup",
  schedule: LonghornSchedule,
): void {
  new k8s.apiextensions.CustomResource(
    `${place.name}-${task}s`,
    {
      apiVersion: API_VERSION,
      kind: "RecurringJob",
      metadata: metaIn(place, jobName(task)),
      spec: jobSpec(task, schedule),
    },
    { parent: place.parent, dependsOn: [release] },
  );
}

/** Children `<place>-backup-credentials` and `<place>-backup-target`. */
export function backupTarget(place: Place, release: pulumi.Resource, backup: LonghornBackup): void {
  const { name, parent } = place;
  const credentials = new k8s.core.v1.Secret(
    `${name}-backup-credentials`,
    {
      metadata: metaIn(place, "guildnet-backup"),
      stringData: {
        AWS_ACCESS_KEY_ID: backup.accessKeyId,
        AWS_SECRET_ACCESS_KEY: pulumi.secret(backup.secretAccessKey),
        ...(backup.endpoint === undefined ? {} : { AWS_ENDPOINTS: backup.endpoint }),
        ...(backup.caCertificate === undefined ? {} : { AWS_CERT: backup.caCertificate }),
      },
    },
    { parent },
  );
  new k8s.apiextensions.CustomResource(
    `${name}-backup-target`,
    {
      apiVersion: API_VERSION,
      kind: "BackupTarget",
      metadata: metaIn(place, BACKUP_TARGET),
      spec: targetSpec(backup.url, credentials.metadata.name),
    },
    { parent, dependsOn: [release] },
  );
}
