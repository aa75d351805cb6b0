import * as pulumi from "@pulumi/pulumi";
import { Backup, BackupServer, images, RandomSecret, restTarget, s3Target } from "../../../components/index.ts";
import type { BackupTarget, BackupVolume, Portal, Scheduling } from "../../../components/index.ts";
import type { BackupConfig } from "./schema.ts";
import type { GuildConfig } from "../../schema.ts";

/** A volume worth keeping. */
export interface KeptVolume {
  /** What a person calls it: a workspace's or app's name, "headscale" or "registry". */
  name: string;
  /** Its namespace; also the name of its repository. */
  namespace: string;
  /** Deployment that has it. */
  deployment: string;
  /** Handles of the people whose snapshots are this volume's, the owner first; undefined where it is the guild's. */
  owners?: string[];
  volume: BackupVolume;
}

/** Images a backup needs, where the cluster has them by other references than upstream's. */
export interface BackupImages {
  restic?: pulumi.Input<string>;
  restServer?: pulumi.Input<string>;
}

/** Secrets beside the config. */
export interface BackupSecrets {
  /** The key of a guild that was there before. */
  key?: pulumi.Output<string>;
  accessKey?: pulumi.Output<string>;
  secretKey?: pulumi.Output<string>;
  serverPassword?: pulumi.Output<string>;
}

/** What a stack says of its backups. */
export interface BackupOutputs {
  /** "cluster", or the address snapshots go to. */
  target: string;
  volumes: Omit<KeptVolume, "volume">[];
  /** What all passwords are made of. Secret. */
  key: pulumi.Output<string>;
  /** By a volume's name, what it takes to read its snapshots with a restic of one's own. Secret. */
  repositories: Record<string, pulumi.Output<{ url: string; password: string }>>;
}

/** What backups stand on. */
export interface BackupGround {
  portal: Portal;
  images: BackupImages;
  /** Class of volumes that are kept, and of those that aren't. */
  storageClass: (kept: boolean) => pulumi.Input<string> | undefined;
  classes: Scheduling["classes"];
  secrets: BackupSecrets;
  volumes: readonly KeptVolume[];
}

/** Images an embedded node must have for backups. */
export function backupImages({ backup }: GuildConfig): Record<string, { reference: string }> {
  if (backup === undefined) return {};
  return { restic: { reference: images.restic }, ...(backup.target.kind === "cluster" ? { "rest-server": { reference: images.restServer } } : {}) };
}

/** Where snapshots go, and a job for each volume. */
export function backupLayer({ backup }: GuildConfig, ground: BackupGround, opts: pulumi.ComponentResourceOptions): BackupOutputs | undefined {
  if (backup === undefined) return undefined;
  const { secrets, volumes, classes } = ground;
  const key = secrets.key ?? pulumi.secret(new RandomSecret("backup-key").value);
  const target = targetOf(backup, ground, key, opts);
  const repositories = volumes.map(({ name, namespace, owners, volume }) => {
    const repository = target.repository(namespace);
    new Backup(`${name}-backup`, {
      volume, repository, host: name, owner: owners?.[0], room: { memory: backup.memory, cache: backup.cache }, schedule: backup.schedule, keep: backup.keep, image: ground.images.restic,
      // The guild's own don't wait for anybody's job.
      priorityClass: namespace.startsWith("guildnet-") ? classes.platform : classes.batch,
    }, opts);
    return [name, pulumi.secret(pulumi.output({ url: repository.url, password: repository.password }))] as const;
  });
  return {
    target: addressOf(backup), key, repositories: Object.fromEntries(repositories),
    volumes: volumes.map(({ volume: _, ...told }) => told),
  };
}

function targetOf({ target }: BackupConfig, ground: BackupGround, key: pulumi.Input<string>, opts: pulumi.ComponentResourceOptions): BackupTarget {
  const { secrets } = ground;
  if (target.kind === "s3") {
    // The rules of the config make sure that they are there.
    const credentials = { accessKey: secrets.accessKey ?? "", secretKey: secrets.secretKey ?? "", region: target.region };
    return s3Target({ ...target, credentials, key });
  }
  if (target.kind === "rest") return restTarget({ ...target, password: secrets.serverPassword, key });
  return new BackupServer("backup-server", {
    repositories: ground.volumes.map(({ namespace }) => namespace), key, authority: ground.portal.authority,
    image: ground.images.restServer, storage: target.storage, storageClass: ground.storageClass(target.keepData), keepData: target.keepData, priorityClass: ground.classes.platform,
  }, opts);
}

function addressOf({ target }: BackupConfig): string {
  if (target.kind === "cluster") return "cluster";
  return target.kind === "rest" ? target.url : `${target.endpoint}/${target.bucket}/${target.prefix}`;
}

/** What a person should know of the backups. */
export function backupNotes({ backup }: GuildConfig): string[] {
  if (backup === undefined) return [];
  return [
    "Backups are read with their key alone, which `destroy` forgets: note it, from npm run pulumi -- stack output --show-secrets backup. A guild made anew reads them again with the secret guildnet:backupKey.",
    ...(backup.target.kind === "cluster" ? ["Backups are kept in the cluster itself: they bring back what was deleted, and are lost with the machine. backup.target names a place elsewhere."] : []),
  ];
}
