import { BatchV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import type { KubeConfig, V1CronJob } from "@kubernetes/client-node";
import { Gauge, Registry } from "prom-client";
import { z } from "zod";

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

const certificateList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      status: z.object({ notAfter: z.iso.datetime({ offset: true }).optional() }).optional(),
    }),
  ),
});
type Certificate = z.output<typeof certificateList>["items"][number];

export interface BackupState {
  /** When the last one was whole; before the first, when its job was set up. */
  readonly done: Date;
  readonly failed: boolean;
}

/** Asks the API server. */
export function clusterObjects(cluster: KubeConfig): Objects {
  const custom = cluster.makeApiClient(CustomObjectsApi),
    batch = cluster.makeApiClient(BatchV1Api);
  return {
    certificates: async () => {
      const kind = { group: "cert-manager.io", version: "v1", plural: "certificates" };
      return certificateList.parse(await custom.listClusterCustomObject(kind)).items;
    },
    backup: async (namespace) => backupState(await batch.readNamespacedCronJob({ name: BACKUP, namespace })),
  };
}

/** One has failed that was begun, runs no more, and was not whole. */
export function backupState({ metadata, status }: V1CronJob): BackupState {
  const { active = [], lastScheduleTime, lastSuccessfulTime } = status ?? {};
  const done = lastSuccessfulTime ?? metadata?.creationTimestamp ?? new Date(0);
  return { done, failed: active.length === 0 && lastScheduleTime !== undefined && lastScheduleTime > done };
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
