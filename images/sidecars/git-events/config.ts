import { z } from "zod";

/** Everything the bridge is told from outside, read once at start. */
export interface GitEventsConfig {
  /** The seed's home, which it reads: `rad` and `git` are in its PATH. */
  readonly radHome: string;
  /** A folder of its own: what it told, which it must not lose. */
  readonly stateFolder: string;
  /** Folder of what it takes to be somebody on the event bus. */
  readonly eventsFolder: string;
  /** Who is who: a JSON object of handles by node id; undefined where nobody says so, and keys are told. */
  readonly peopleFile: string | undefined;
  readonly healthPort: number;
  readonly logLevel: string;
}

const path = z.string().min(1);
const environment = z.object({
  RAD_HOME: path.default("/data/radicle"),
  GUILDNET_GIT_EVENTS_STATE: path.default("/data/git-events"),
  GUILDNET_EVENTS: path.default("/etc/guildnet/events"),
  GUILDNET_PEOPLE: path.optional(),
  GUILDNET_GIT_EVENTS_HEALTH_PORT: z.coerce.number().int().min(0).max(65535).default(8082),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readGitEventsConfig(env: Readonly<Record<string, string | undefined>>): GitEventsConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`).join("\n"));
  return {
    radHome: data.RAD_HOME,
    stateFolder: data.GUILDNET_GIT_EVENTS_STATE,
    eventsFolder: data.GUILDNET_EVENTS,
    peopleFile: data.GUILDNET_PEOPLE,
    healthPort: data.GUILDNET_GIT_EVENTS_HEALTH_PORT,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
