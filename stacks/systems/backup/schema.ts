import { z } from "zod";
import { bytes, schedule } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const FOLDER = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;

const authority = z
  .string()
  .startsWith("-----BEGIN CERTIFICATE-----", "a certificate as PEM")
  .optional()
  .describe("Authority that signed the server's certificate, PEM. Default: one the system knows.");

const cluster = z.strictObject({
  kind: z
    .literal("cluster")
    .describe(
      "A server of the guild's own, in the cluster. It brings back what was deleted, and is lost with the machine.",
    ),
  storage: bytes("100Mi").prefault("50Gi").describe("Size of its volume; it can grow, not shrink."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its volume stays when it is removed. To remove both, apply false first."),
});

const s3 = z.strictObject({
  kind: z
    .literal("s3")
    .describe(
      "An object store. The secrets guildnet:backupAccessKey and guildnet:backupSecretKey hold its credentials.",
    ),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'an address, for instance "https://s3.example.org"' })
    .describe("Address of the server. No default."),
  bucket: z
    .string()
    .regex(BUCKET, 'the name of a bucket, for instance "guild-backup"')
    .describe("Bucket, which must be there. No default."),
  prefix: z
    .string()
    .regex(FOLDER, 'a folder, for instance "guildnet"')
    .default("guildnet")
    .describe("Folder in the bucket. Guilds that share a bucket need one each."),
  region: z.string().min(1).optional().describe("Region. Default: the server's own."),
  caCertificate: authority,
});

const rest = z.strictObject({
  kind: z
    .literal("rest")
    .describe(
      "A restic REST server elsewhere. The secret guildnet:backupServerPassword holds the password of the user.",
    ),
  url: z
    .url({ protocol: /^https$/, error: 'an HTTPS address, for instance "https://backup.example.org:8000/lab"' })
    .refine((url) => !/^https:\/\/[^/]*@/.test(url), "an address without a user or password in it")
    .describe("Address of the folder for this guild. No default."),
  user: z
    .string()
    .regex(/^[A-Za-z0-9@._-]+$/, "a user's name")
    .optional()
    .describe("Who signs in. Default: nobody has to."),
  caCertificate: authority,
});

/** The value of `backup`. */
export const backupSchema = z.strictObject({
  target: z
    .discriminatedUnion("kind", [cluster, s3, rest])
    .prefault({ kind: "cluster" })
    .describe("Where snapshots go, encrypted."),
  schedule: schedule.default("30 1 * * *").describe("When, as cron has it, UTC."),
  memory: bytes("64Mi")
    .prefault("512Mi")
    .describe("Memory that each volume's job may use; hundreds of thousands of files take more."),
  cache: bytes("16Mi").prefault("1Gi").describe("Disk that each job may use to remember the repository while it runs."),
  keep: z
    .strictObject({
      last: z.int().min(1).default(3).describe("The newest of all."),
      daily: z.int().min(0).default(7).describe("Days of which one stays."),
      weekly: z.int().min(0).default(5).describe("Weeks of which one stays."),
      monthly: z.int().min(0).default(12).describe("Months of which one stays."),
    })
    .prefault({})
    .describe("How many snapshots of each volume stay."),
});

export type BackupConfig = z.output<typeof backupSchema>;

export const backupKeys = {
  backup: backupSchema
    .optional()
    .describe(
      "Encrypted snapshots of the volumes of workspaces, apps, registry and mesh, on a schedule. Default: none. Write {} for one with every default.",
    ),
};

export type BackupKeys = Told<typeof backupKeys>;
