import { z } from "zod";
import type { Maintenance } from "./maintenance.ts";

/** Everything the token server is told from outside, read once at start. */
export interface TokenServerConfig {
  readonly service: string;
  readonly port: number;
  readonly healthPort: number;
  /** Where the registry itself listens in the pod. */
  readonly registryPort: number;
  /** Holds `tls.crt` and `tls.key` for the server itself. */
  readonly tlsDirectory: string;
  /** The same of the pair that tokens are signed with. */
  readonly signerDirectory: string;
  readonly maintenance?: Maintenance;
  readonly logLevel: string;
}

const port = z.coerce.number().int().min(0).max(65535);

/** "03:00+30": from three o'clock, UTC, for thirty minutes. */
const maintenance = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d\+\d{1,3}$/, 'must be a time of day, UTC, and minutes, such as "03:00+30"')
  .transform((text): Maintenance => {
    const [hours = 0, minutes = 0, length = 0] = text.split(/[:+]/).map(Number);
    return { start: hours * 60 + minutes, minutes: length };
  });

const environment = z.object({
  GUILDNET_REGISTRY_SERVICE: z.string({ error: "needs the registry's host name" }).min(1),
  GUILDNET_REGISTRY_TOKEN_PORT: port.default(5001),
  GUILDNET_REGISTRY_HEALTH_PORT: port.default(5002),
  GUILDNET_REGISTRY_PORT: port.default(5000),
  GUILDNET_REGISTRY_TLS_DIR: z.string().min(1).default("/etc/guildnet/tls"),
  GUILDNET_REGISTRY_SIGNER_DIR: z.string().min(1).default("/etc/guildnet/signer"),
  GUILDNET_REGISTRY_MAINTENANCE: maintenance.optional(),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readTokenServerConfig(env: Readonly<Record<string, string | undefined>>): TokenServerConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join("\n"));
  return {
    service: data.GUILDNET_REGISTRY_SERVICE,
    port: data.GUILDNET_REGISTRY_TOKEN_PORT,
    healthPort: data.GUILDNET_REGISTRY_HEALTH_PORT,
    registryPort: data.GUILDNET_REGISTRY_PORT,
    tlsDirectory: data.GUILDNET_REGISTRY_TLS_DIR,
    signerDirectory: data.GUILDNET_REGISTRY_SIGNER_DIR,
    maintenance: data.GUILDNET_REGISTRY_MAINTENANCE,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
