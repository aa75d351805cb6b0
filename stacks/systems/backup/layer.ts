import * as pulumi from "@pulumi/pulumi";
import {
  Backup,
  BACKUP_SERVER_PLACE,
  BackupServer,
  backupServerHost,
  images,
  RandomSecret,
  restTarget,
  s3Target,
} from "../../../components/index.ts";
import type { BackupTarget } from "../../../components/index.ts";
import { system } from "../../system.ts";
import type { Wants, Ground, KeptVolume, Layer, Secrets, WantedVolume } from "../../system.ts";
import type { ClusterGives } from "../cluster/layer.ts";
import type { PortalGives } from "../portal/layer.ts";
import type { SchedulingGives } from "../scheduling/layer.ts";
import type { StorageGives } from "../storage/layer.ts";
import { jobRoom } from "./room.ts";
import { backupMistakes } from "./rules.ts";
import { backupKeys } from "./schema.ts";
import type { BackupConfig, BackupKeys } from "./schema.ts";

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

/** The key of a guild that was there before, and credentials of where snapshots go. */
type BackupSecrets = Secrets<"backupKey" | "backupAccessKey" | "backupSecretKey" | "backupServerPassword">;
type Needs = Ground & ClusterGives & SchedulingGives & StorageGives & PortalGives;

export const backup = system({
  keys: backupKeys,
  secrets: ["backupKey", "backupAccessKey", "backupSecretKey", "backupServerPassword"],
  rules: backupMistakes,
  volumes: backupVolumes,
  wants: backupWants,
  layer: backupLayer,
  notes: backupNotes,
});

function backupVolumes({ backup: wanted }: BackupKeys): WantedVolume[] {
  return wanted?.target.kind !== "cluster"
    ? []
    : [{ path: ["backup", "target"], ...BACKUP_SERVER_PLACE, size: wanted.target.storage, sizeKey: ["storage"] }];
}

function backupWants({ backup: wanted }: BackupKeys): Partial<Wants> {
  // Signed for without a server as well: the authority is then the same when there is one.
  const signed = { dnsNames: [backupServerHost] };
  if (wanted === undefined) return signed;
  return {
    ...signed,
    images: {
      restic: { reference: images.restic },
      ...(wanted.target.kind === "cluster" ? { "rest-server": { reference: images.restServer } } : {}),
    },
  };
}

/** Where snapshots go, and a job for each volume. */
function backupLayer(
  config: BackupKeys,
  ground: Needs,
  secrets: BackupSecrets,
): Layer<object, { backup: BackupOutputs | null }> {
  const { backup: wanted } = config,
    room = jobRoom(config);
  if (wanted === undefined || room === false) return { gives: {}, outputs: { backup: null } };
  const { classes, opts } = ground;
  const volumes = ownFirst(ground.kept);
  const key = secrets.backupKey ?? pulumi.secret(new RandomSecret("backup-key").value);
  const target = targetOf(wanted, ground, volumes, key, secrets);
  const repositories = volumes.map(({ name, namespace, owners, volume }) => {
    const repository = target.repository(namespace);
    new Backup(
      `${name}-backup`,
      {
        volume,
        repository,
        host: name,
        owner: owners?.[0],
        room,
        schedule: wanted.schedule,
        keep: wanted.keep,
        image: ground.image("restic"),
        // The guild's own don't wait for anybody's job.
        priorityClass: namespace.startsWith("guildnet-") ? classes.platform : classes.batch,
      },
      opts,
    );
    return [name, pulumi.secret(pulumi.output({ url: repository.url, password: repository.password }))] as const;
  });
  const told = {
    target: addressOf(wanted),
    key,
    repositories: Object.fromEntries(repositories),
    volumes: volumes.map(({ volume: _, ...volume }) => volume),
  };
  return { gives: {}, outputs: { backup: told } };
}

/** The guild's own volumes by name, then those of people as the config has them. */
function ownFirst(kept: readonly KeptVolume[]): KeptVolume[] {
  const own = kept.filter(({ owners }) => owners === undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...own, ...kept.filter(({ owners }) => owners !== undefined)];
}

function targetOf(
  { target }: BackupConfig,
  ground: Needs,
  volumes: KeptVolume[],
  key: pulumi.Input<string>,
  secrets: BackupSecrets,
): BackupTarget {
  if (target.kind === "s3") {
    // The rules of the config make sure that they are there.
    const credentials = {
      accessKey: secrets.backupAccessKey ?? "",
      secretKey: secrets.backupSecretKey ?? "",
      region: target.region,
    };
    return s3Target({ ...target, credentials, key });
  }
  if (target.kind === "rest") return restTarget({ ...target, password: secrets.backupServerPassword, key });
  const {
    portal: { authority },
    classes,
    classIn,
    image,
    opts,
  } = ground;
  return new BackupServer(
    "backup-server",
    {
      repositories: volumes.map(({ namespace }) => namespace),
      key,
      authority,
      image: image("rest-server"),
      storage: target.storage,
      storageClass: classIn(BACKUP_SERVER_PLACE, target.keepData),
      keepData: target.keepData,
      priorityClass: classes.platform,
    },
    opts,
  );
}

function addressOf({ target }: BackupConfig): string {
  if (target.kind === "cluster") return "cluster";
  return target.kind === "rest" ? target.url : `${target.endpoint}/${target.bucket}/${target.prefix}`;
}

/** What a person should know of the backups. */
function backupNotes({ backup: wanted }: BackupKeys): string[] {
  if (wanted === undefined) return [];
  return [
    "Backups are read with their key alone, which `destroy` forgets: note it, from npm run pulumi -- stack output --show-secrets backup. A guild made anew reads them again with the secret guildnet:backupKey.",
    ...(wanted.target.kind === "cluster"
      ? [
          "Backups are kept in the cluster itself: they bring back what was deleted, and are lost with the machine. backup.target names a place elsewhere.",
        ]
      : []),
  ];
}
