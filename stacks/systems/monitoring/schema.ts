import { z } from "zod";
import { usualThresholds } from "../../../components/index.ts";
import { bytes } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const percent = z.number().min(1).max(90);

const alerts = z.strictObject({
  diskFree: percent
    .default(usualThresholds.diskFree)
    .describe("Percent of a node's disk that must be free, or it is said at once."),
  diskLasts: z
    .number()
    .min(1)
    .max(60)
    .default(usualThresholds.diskLasts)
    .describe(
      "Days for which a node's disk must last at the pace of the last six hours, or the day it is full is said.",
    ),
  volumeFree: percent
    .default(usualThresholds.volumeFree)
    .describe("Percent of a volume that must be free, where the cluster's storage tells how full volumes are."),
  memoryFree: percent.default(usualThresholds.memoryFree).describe("Percent of a node's memory that must be free."),
  backupWithin: z
    .number()
    .min(1)
    .max(2400)
    .default(usualThresholds.backupWithin)
    .describe("Hours within which each volume must have had a backup, where the guild has backups."),
  certificateLasts: z
    .number()
    .min(1)
    .max(60)
    .default(usualThresholds.certificateLasts)
    .describe(
      "Days that a certificate of the system `certificates` must last; they are renewed weeks before their end.",
    ),
  restarts: z
    .int()
    .min(1)
    .max(100)
    .default(usualThresholds.restarts)
    .describe("Times within an hour from which on a program is said to start anew again and again."),
});

const monitoring = z.strictObject({
  retentionDays: z.int().min(1).max(3650).default(30).describe("How long figures stay, in days."),
  storage: bytes("256Mi").prefault("2Gi").describe("Size of the volume with the figures; it can grow, not shrink."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its figures stay when it is removed. To remove both, apply false first."),
  alerts: alerts.prefault({}).describe("From when on something is said to be wrong."),
});

export const monitoringKeys = {
  monitoring: monitoring
    .optional()
    .describe(
      "Figures of nodes, cluster and the guild's own programs, and alerts where something is wrong. Default: none. Write {} for every default.",
    ),
};

export type MonitoringKeys = Told<typeof monitoringKeys>;
