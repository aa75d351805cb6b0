import { z } from "zod";

/** Everything the gateway is told from outside, read once at start. */
export interface GatewayConfig {
  readonly port: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  /** File of servers, models and limits, as `readSettings` takes it. */
  readonly settingsFile: string;
  /** Holds a file for each server's key. */
  readonly keysDirectory: string;
  /** Holds `tls.crt` and `tls.key`. */
  readonly tlsDirectory: string;
  /** Folder of what it takes to be somebody on the event bus; undefined where the guild has none. */
  readonly eventsFolder: string | undefined;
  readonly logLevel: string;
}

const port = z.coerce.number().int().min(0).max(65535);

const environment = z.object({
  GUILDNET_GATEWAY_PORT: port.default(8443),
  GUILDNET_GATEWAY_HEALTH_PORT: port.default(8081),
  GUILDNET_GATEWAY_METRICS_PORT: port.default(9090),
  GUILDNET_GATEWAY_SETTINGS: z.string().min(1).default("/etc/guildnet/gateway/gateway.json"),
  GUILDNET_GATEWAY_KEYS_DIR: z.string().min(1).default("/etc/guildnet/keys"),
  GUILDNET_GATEWAY_TLS_DIR: z.string().min(1).default("/etc/guildnet/tls"),
  GUILDNET_EVENTS: z.string().min(1).optional(),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readGatewayConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join("\n"));
  return {
    port: data.GUILDNET_GATEWAY_PORT,
    healthPort: data.GUILDNET_GATEWAY_HEALTH_PORT,
    metricsPort: data.GUILDNET_GATEWAY_METRICS_PORT,
    settingsFile: data.GUILDNET_GATEWAY_SETTINGS,
    keysDirectory: data.GUILDNET_GATEWAY_KEYS_DIR,
    tlsDirectory: data.GUILDNET_GATEWAY_TLS_DIR,
    eventsFolder: data.GUILDNET_EVENTS,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
