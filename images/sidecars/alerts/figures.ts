import { Gauge, Registry } from "prom-client";
import { z } from "zod";
import type { ApiServer } from "../../pod/api-server.ts";

/** Name of the CronJob that makes a volume's snapshots, in the volume's namespace. */
const BACKUP = "backup";

/** What of the guild is in no program's figures: the cluster's objects have it. */
export interface Guild {
  /** Whether certificates are cert-manager's. */
  readonly certificates: boolean;
  /** Namespaces of the volumes of which there are backups. */
  readonly backups: readonly string[];
}

/** What is read for them. */
export interface Objects {
  certificates(): Promise<Certificate[]>;
  backup(namespace: string): Promise<BackupState>;
}

const time = z.iso.datetime({ offset: true });
const certificateList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      status: z.object({ notAfter: time.optional() }).optional(),
    }),
  ),
});
const cronJob = z.object({
  metadata: z.object({ creationTimestamp: time }),
  status: z
    .object({
      active: z.array(z.unknown()).optional(),
      lastScheduleTime: time.optional(),
      lastSuccessfulTime: time.optional(),
    })
    .default({}),
});
type CronJob = z.output<typeof cronJob>;
type Certificate = z.output<typeof certificateList>["items"][number];

export interface BackupState {
  /** When the last one was whole; before the first, when its job was set up. */
  readonly done: Date;
  readonly failed: boolean;
  /** When the last of each night's began, whatever became of it. */
  readonly began?: Date;
}

/** Asks the API server. */
export function clusterObjects(cluster: ApiServer): Objects {
  const read = async (path: string): Promise<unknown> => {
    const found = await cluster.read(path);
    if (found === undefined) throw new Error(`the API server has no ${path} for this account`);
    return found;
  };
  return {
    certificates: async () => certificateList.parse(await read("/apis/cert-manager.io/v1/certificates")).items,
    backup: async (namespace) =>
      backupState(cronJob.parse(await read(`/apis/batch/v1/namespaces/${namespace}/cronjobs/${BACKUP}`))),
  };
}

/** One has failed that was begun, runs no more, and was not whole. */
export function backupState({ metadata, status }: CronJob): BackupState {
  const { active = [], lastScheduleTime, lastSuccessfulTime } = status;
  const done = new Date(lastSuccessfulTime ?? metadata.creationTimestamp);
  return {
    done,
    ...(lastScheduleTime !== undefined && { began: new Date(lastScheduleTime) }),
    failed: active.length === 0 && lastScheduleTime !== undefined && Date.parse(lastScheduleTime) > done.getTime(),
  };
}

/** The figures, read anew whenever they are asked for. */
export function guildFigures(guild: Guild, objects: Objects): Registry {
  const registry = new Registry();
  const registers = [registry];
  if (guild.certificates) {
    new Gauge({
      name: "guildnet_certificate_ends_timestamp_seconds",
      help: "When a certificate of cert-manager's ends.",
      labelNames: ["namespace", "certificate"],
      registers,
      async collect() {
        const all = await objects.certificates();
        this.reset();
        for (const { metadata, status } of all)
          if (status?.notAfter !== undefined)
            this.set({ namespace: metadata.namespace, certificate: metadata.name }, Date.parse(status.notAfter) / 1000);
      },
    });
  }
  if (guild.backups.length > 0) {
    const ofBackups = (name: string, help: string, valueOf: (state: BackupState) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ["namespace"],
        registers,
        async collect() {
          for (const namespace of guild.backups) this.set({ namespace }, valueOf(await objects.backup(namespace)));
        },
      });
    ofBackups(
      "guildnet_backup_done_timestamp_seconds",
      "When the last backup of a volume was whole; before the first, when its job was set up.",
      ({ done }) => done.getTime() / 1000,
    );
    ofBackups("guildnet_backup_failed", "Whether the last backup of a volume failed.", ({ failed }) =>
      failed ? 1 : 0,
    );
  }
  return registry;
}
