import { z } from "zod";
import { HANDLE } from "../pod/names.ts";

/** Everything the notes' server is told from outside, read once at start. */
export interface NotesConfig {
  readonly port: number;
  readonly healthPort: number;
  readonly guildName: string;
  /** Holds the vaults, on a volume that is kept. */
  readonly dataDirectory: string;
  /** Holds `tls.crt` and `tls.key`. */
  readonly tlsDirectory: string;
  /** Holds `identity`, the key by which the portal says who is signed in. */
  readonly keysDirectory: string;
  /** Of workspaces' tokens, as `tokensOfFile` reads it. */
  readonly tokensFile: string;
  /** git's address of the guild's vault. */
  readonly guildRemote: string | undefined;
  /** git's addresses of people's own vaults, by handle. */
  readonly remotes: Readonly<Record<string, string>>;
  readonly branch: string;
  /** Holds what it takes to be somebody on the event bus; undefined where there is none. */
  readonly eventsDirectory: string | undefined;
  readonly pollMs: number;
  readonly logLevel: string;
}

const port = z.coerce.number().int().min(0).max(65535);

const remotes = z.string().transform((text, context) => {
  try {
    return z.record(z.string().regex(HANDLE), z.string().min(1)).parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: "custom", message: "must be JSON: an address for each handle" });
    return z.NEVER;
  }
});

const environment = z.object({
  GUILDNET_NOTES_PORT: port.default(8443),
  GUILDNET_NOTES_HEALTH_PORT: port.default(8081),
  GUILDNET_NAME: z.string().trim().min(1).max(60).default("GuildNet"),
  GUILDNET_NOTES_DIR: z.string().min(1).default("/var/lib/guildnet/notes"),
  GUILDNET_NOTES_TLS_DIR: z.string().min(1).default("/etc/guildnet/tls"),
  GUILDNET_NOTES_KEYS_DIR: z.string().min(1).default("/etc/guildnet/keys"),
  GUILDNET_NOTES_TOKENS: z.string().min(1).default("/etc/guildnet/tokens/tokens.json"),
  GUILDNET_NOTES_REMOTE: z.string().min(1).optional(),
  GUILDNET_NOTES_REMOTES: remotes.default({}),
  GUILDNET_NOTES_BRANCH: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must be a branch's name")
    .default("main"),
  GUILDNET_NOTES_POLL_SECONDS: z.coerce.number().min(0.5).max(3600).default(3),
  GUILDNET_EVENTS: z.string().min(1).optional(),
  GUILDNET_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

/**
 * @param env usually `process.env`
 * @throws Error with one line for each variable that is wrong
 */
export function readNotesConfig(env: Readonly<Record<string, string | undefined>>): NotesConfig {
  const { data, error } = environment.safeParse(env);
  if (error) throw new Error(error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`).join("\n"));
  return {
    port: data.GUILDNET_NOTES_PORT,
    healthPort: data.GUILDNET_NOTES_HEALTH_PORT,
    guildName: data.GUILDNET_NAME,
    dataDirectory: data.GUILDNET_NOTES_DIR,
    tlsDirectory: data.GUILDNET_NOTES_TLS_DIR,
    keysDirectory: data.GUILDNET_NOTES_KEYS_DIR,
    tokensFile: data.GUILDNET_NOTES_TOKENS,
    guildRemote: data.GUILDNET_NOTES_REMOTE,
    remotes: data.GUILDNET_NOTES_REMOTES,
    branch: data.GUILDNET_NOTES_BRANCH,
    eventsDirectory: data.GUILDNET_EVENTS,
    pollMs: data.GUILDNET_NOTES_POLL_SECONDS * 1000,
    logLevel: data.GUILDNET_LOG_LEVEL,
  };
}
