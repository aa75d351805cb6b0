import { z } from "zod";

/** Everything it is told from outside, read once at start. */
export interface RadiclePeopleConfig {
  /** Where devices and workspaces reach the seed's node: `host:port`. */
  readonly address: string;
  readonly radHome: string;
  /** Who has said who they are; kept. */
  readonly registerFile: string;
  /** The same for programs beside it: handles by node id. */
  readonly peopleFile: string;
  readonly port: number;
  readonly healthPort: number;
  /** Holds `tls.crt` and `tls.key`. */
  readonly tlsDirectory: string;
  readonly logLevel: string;
}

const port = z.coerce.number().int().min(0).max(65535);
const path = z.string().min(1);
const environment = z.object({
  GUILDNET_RADICLE_ADDRESS: z
    .string({ error: "needs where the seed is reached, such as seed.guildnet-radicle.svc:8776" })
    .regex(/^[^@\s]+:\d+$/),
  RAD_HOME: path.default("/data/radicle"),
  GUILDNET_RADICLE_REGISTER: path.default("/data/register.json"),
  GUILDNET_PEOPLE: path.default("/data/people.json"),
  GUILDNET_RADICLE_PEOPLE_PORT: port.default(8777),
  GUILDNET_RADICLE_HEALTH_PORT: port.default(8778),
  GUILDNET_RADICLE_TLS_DIR: path.default("/etc/guildnet/tls"),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readRadiclePeopleConfig(env: Readonly<Record<string, string | undefined>>): RadiclePeopleConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`).join("\n"));
  return {
    address: data.GUILDNET_RADICLE_ADDRESS,
    radHome: data.RAD_HOME,
    registerFile: data.GUILDNET_RADICLE_REGISTER,
    peopleFile: data.GUILDNET_PEOPLE,
    port: data.GUILDNET_RADICLE_PEOPLE_PORT,
    healthPort: data.GUILDNET_RADICLE_HEALTH_PORT,
    tlsDirectory: data.GUILDNET_RADICLE_TLS_DIR,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
