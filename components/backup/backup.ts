import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accepted } from "../kube/accepted-findings.ts";
import type { BackupVolume } from "../kube/backup-volume.ts";
import { networkPolicy } from "../kube/network-policy.ts";
import { metaIn } from "../kube/place.ts";
import type { Place } from "../kube/place.ts";
import { LOWEST_FREE_USER } from "../kube/restricted.ts";
import { transformed } from "../kube/transform.ts";
import type { Transforms } from "../kube/transform.ts";
import { images } from "../versions.ts";
import { BACKUP_APP, backupCronJob, REPOSITORY_FOLDER, restoreCronJob } from "./pods.ts";
import type { Keep, ResolvedBackup } from "./pods.ts";
import { toTarget } from "./reach.ts";
import { filesEnvironment, repositoryFiles } from "./repository.ts";
import type { BackupRepository } from "./repository.ts";
import { backupSize } from "./size.ts";
import type { BackupRoom } from "./size.ts";

/** What `transform` changes. */
export interface BackupChildren {
  repository: k8s.core.v1.SecretArgs;
  network: k8s.networking.v1.NetworkPolicyArgs;
  job: k8s.batch.v1.CronJobArgs;
  restore: k8s.batch.v1.CronJobArgs;
}

export interface BackupArgs {
  volume: BackupVolume;
  /** Where snapshots go; of this volume alone. */
  repository: BackupRepository;
  /** What snapshots say they are of. @default the component's name */
  host?: string;
  /** Handle of the person whose volume it is: snapshots say so, lest the next owner of the name takes them for their own. @default nobody's */
  owner?: string;
  /** What its jobs may take. */
  room?: BackupRoom;
  /** When, as cron has it, UTC. @default "30 1 * * *", every night */
  schedule?: string;
  /** How many snapshots stay. @default the last 3, one of each of 7 days, 5 weeks, 12 months */
  keep?: Partial<Keep>;
  /** @default upstream's restic */
  image?: pulumi.Input<string>;
  /** PriorityClass of its jobs, usually `Scheduling`'s `classes.batch`. @default the cluster's default */
  priorityClass?: pulumi.Input<string>;
  /** Changes its children before they are made. @default none */
  transform?: Transforms<BackupChildren>;
}

const KEEP: Keep = { last: 3, daily: 7, weekly: 5, monthly: 12 };

/**
 * One volume's snapshots: encrypted before they leave the pod, each night, only what changed.
 * Whoever lost the repository's password can't read them, nor can anybody else.
 *
 * Jobs run in the volume's namespace as the user its files belong to, beside its owner's pod,
 * which has no way to the secret they use. Files that are written meanwhile are in a snapshot
 * as they were read; only `databases` are of one moment. Caches that say so (CACHEDIR.TAG) are
 * left out. `restore` is a CronJob that never runs by itself: the template of what does.
 */
export class Backup extends pulumi.ComponentResource {
  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "guildnet:index:Backup",
      name,
      { reaches: "nobody; a backup that runs begins anew" },
      transformed(name, args.transform, opts),
    );
    const { volume, repository } = args;
    const place: Place = { name, app: BACKUP_APP, namespace: volume.namespace, parent: this };
    const secret = new k8s.core.v1.Secret(
      `${name}-repository`,
      {
        metadata: metaIn(place, "backup-repository"),
        stringData: repositoryFiles(repository),
      },
      { parent: this },
    );
    const guard = networkPolicy(`${name}-network`, metaIn(place, BACKUP_APP), toTarget(repository.reach), {
      parent: this,
    });
    const resolved: ResolvedBackup = {
      ...volume,
      name: args.host ?? name,
      owner: args.owner,
      size: backupSize(args.room),
      image: args.image ?? images.restic,
      schedule: args.schedule ?? "30 1 * * *",
      keep: { ...KEEP, ...args.keep },
      secret: secret.metadata.name,
      environment: filesEnvironment(repository, REPOSITORY_FOLDER),
      priorityClass: args.priorityClass,
    };
    const opt = { parent: this, dependsOn: guard };
    new k8s.batch.v1.CronJob(
      `${name}-job`,
      { metadata: metaIn(place, "backup", acceptedOf(volume)), spec: backupCronJob(resolved) },
      opt,
    );
    new k8s.batch.v1.CronJob(
      `${name}-restore`,
      { metadata: metaIn(place, "restore", acceptedOf(volume)), spec: restoreCronJob(resolved) },
      opt,
    );
    this.registerOutputs({});
  }
}

/** What scanners find in a volume's jobs, and why it stands. */
function acceptedOf({ user }: BackupVolume): Record<string, string> {
  return accepted(
    user >= LOWEST_FREE_USER
      ? {}
      : { "low-user": "no user without privileges but the owner of the volume's files reads and makes them all" },
  );
}
