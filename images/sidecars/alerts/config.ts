import { z } from "zod";
import type { Guild } from "./figures.ts";

/** Everything the receiver is told from outside, read once at start. */
export interface AlertsConfig {
  /** On loopback: whoever is in the pod alone. */
  readonly port: number;
  readonly healthPort: number;
  /** Where it remembers which alerts there are. */
  readonly ledgerFile: string;
  /** Folder of what it takes to be somebody on the event bus; undefined where the guild has none: alerts are in its log then. */
  readonly eventsFolder: string | undefined;
  /** What is told of certificates and backups, at `/metrics` beside the health. */
  readonly guild: Guild;
  /** Where VictoriaMetrics and vmalert answer. */
  readonly metricsUrl: string;
  readonly rulesUrl: string;
  readonly logLevel: string;
}

const port = z.coerce.number().int().min(0).max(65535);
const url = z.url({ protocol: /^http$/ });

const environment = z.object({
  GUILDNET_ALERTS_PORT: port.default(9093),
  GUILDNET_ALERTS_HEALTH_PORT: port.default(8081),
  GUILDNET_ALERTS_LEDGER: z.string().min(1).default("/data/alerts/ledger.json"),
  GUILDNET_EVENTS: z.string().min(1).optional(),
  GUILDNET_CERTIFICATES: z.enum(["true", "false"]).default("false"),
  GUILDNET_BACKUPS: z
    .string()
    .default("")
    .transform((text) => text.split(" ").filter((namespace) => namespace !== "")),
  GUILDNET_METRICS_URL: url.default("http://127.0.0.1:8428"),
  GUILDNET_RULES_URL: url.default("http://127.0.0.1:8880"),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readAlertsConfig(env: Readonly<Record<string, string | undefined>>): AlertsConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join("\n"));
  return {
    port: data.GUILDNET_ALERTS_PORT,
    healthPort: data.GUILDNET_ALERTS_HEALTH_PORT,
    ledgerFile: data.GUILDNET_ALERTS_LEDGER,
    eventsFolder: data.GUILDNET_EVENTS,
    guild: { certificates: data.GUILDNET_CERTIFICATES === "true", backups: data.GUILDNET_BACKUPS },
    metricsUrl: data.GUILDNET_METRICS_URL,
    rulesUrl: data.GUILDNET_RULES_URL,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
