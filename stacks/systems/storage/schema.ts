import { z } from "zod";
import { BACKUP_URL, dataLocalities } from "../../../components/index.ts";
import { schedule } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const retain = z.int().min(1).max(250);

const clusterDefault = z.strictObject({
  kind: z
    .literal("cluster-default")
    .describe(
      "What the cluster has: folders of this machine on an embedded one, cluster.storageClass or the cluster's own default on an existing one.",
    ),
});

const longhorn = z.strictObject({
  kind: z
    .literal("longhorn")
    .describe(
      "Longhorn, installed into an existing cluster: each volume is on several nodes. Nodes need open-iscsi, with the kernel module iscsi_tcp.",
    ),
  replicas: z.int().min(1).max(20).default(3).describe("Nodes that each volume is on; there must be as many."),
  dataLocality: z
    .enum(dataLocalities)
    .default("best-effort")
    .describe("Whether one of them is, where possible, the node that the volume is used on."),
  dataPath: z
    .string()
    .regex(/^(\/[A-Za-z0-9._-]+)+$/, 'a folder such as "/var/mnt/longhorn"')
    .default("/var/lib/longhorn")
    .describe("Folder of every node in which volumes are. Changing it is for disks that join later."),
  snapshots: z
    .strictObject({
      cron: schedule.default("0 * * * *").describe("When, in the time zone of the nodes."),
      retain: retain.default(24).describe("How many to keep of each volume."),
    })
    .optional()
    .describe("Snapshots of volumes that are kept, on their own nodes. Default: none. Write {} for one an hour."),
  backup: z
    .strictObject({
      url: z
        .string()
        .regex(BACKUP_URL, 'a bucket, "s3://<bucket>@<region>/", with folders after it that end in "/"')
        .describe("Bucket, and a folder in it. No default."),
      endpoint: z
        .url({ protocol: /^https?$/, error: 'an address, for instance "https://s3.example.org"' })
        .optional()
        .describe("Address of an S3 server other than Amazon's. Default: Amazon's."),
      accessKeyId: z.string().min(1).describe("Id of the key; its secret is guildnet:storageBackupKey. No default."),
      caCertificate: z
        .string()
        .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
        .optional()
        .describe("Authority that signed the server's certificate, PEM. Default: one the system knows."),
      cron: schedule.default("0 3 * * *").describe("When, in the time zone of the nodes."),
      retain: retain.default(14).describe("How many to keep of each volume."),
    })
    .optional()
    .describe("Copies of volumes that are kept, in an S3 bucket. Default: none."),
  keepData: z
    .boolean()
    .default(true)
    .describe(
      "Whether Longhorn and all volumes stay in the cluster when it is removed. To uninstall it, apply false first.",
    ),
});

/** The value of `storage`. */
export const storageSchema = z.discriminatedUnion("kind", [clusterDefault, longhorn]);

export type LonghornConfig = z.output<typeof longhorn>;

export const storageKeys = {
  storage: storageSchema.prefault({ kind: "cluster-default" }).describe("Where volumes come from."),
};

export type StorageKeys = Told<typeof storageKeys>;
