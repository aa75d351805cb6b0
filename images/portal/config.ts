import { z } from "zod";
import { HANDLE, WORKSPACE_ID } from "../pod/names.ts";

/** Everything the portal is told from outside, read once at start. */
export interface PortalConfig {
  /** Where it answers; the first is its home, and a mesh may add another. */
  readonly sites: readonly SiteConfig[];
  /** Shown in the page's header. */
  readonly guildName: string;
  /** Told to who keeps the guild: how a sign-in link is made, but for the person's name. */
  readonly linkCommand?: string;
  /** Handles that see every workspace in the list. Opening one stays its owner's alone. */
  readonly admins: ReadonlySet<string>;
  readonly listen: Address;
  /** Where whoever connects tells for which visitor; nobody but a publisher may reach it. */
  readonly announcedListen?: Address;
  /** Where what is published is served, and nothing else; nobody but a tunnel may reach it. */
  readonly published?: PublishedConfig;
  /** Where agents in workspaces ask; undefined where none do. */
  readonly tools?: ToolsConfig;
  /** Of systems of the guild; undefined where none has any. */
  readonly pages?: PagesConfig;
  readonly healthListen: Address;
  readonly tlsDirectory: string;
  readonly keysDirectory: string;
  /** Where is what it takes to read the guild's event bus; undefined where there is none. */
  readonly eventsDirectory?: string;
  /** The DNS suffix of the cluster's services. */
  readonly clusterDomain: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export interface PublishedConfig {
  readonly listen: Address;
  /** Where the certificate for the published names is. */
  readonly tlsDirectory: string;
  /** Whether whoever connects tells for which visitor. */
  readonly announced: boolean;
}

export interface ToolsConfig {
  readonly listen: Address;
  /** Where the certificate for its name in the cluster is. */
  readonly tlsDirectory: string;
}

export interface PagesConfig {
  readonly list: readonly {
    readonly label: string;
    readonly title: string;
    readonly audience: string;
    readonly address: Address;
  }[];
  /** Where keys and authorities are. */
  readonly directory: string;
}

export interface SiteConfig {
  /** The portal's own origin, e.g. `https://guildnet.localhost:8090`: lower case, no path. */
  readonly origin: string;
  /** Workspaces answer at `<id>.<appsDomain>` on the origin's port. */
  readonly appsDomain: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The environment is wrong. The message has one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const dnsName = z
  .string({ error: "needs a DNS name, such as apps.guildnet.localhost" })
  .toLowerCase()
  .regex(
    /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "must be a DNS name, such as apps.guildnet.localhost",
  );

const origin = z
  .string({ error: "needs an https origin, such as https://guildnet.localhost:8090" })
  .transform((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol === "https:" && url.origin === value.toLowerCase().replace(/\/$/, "")) return url.origin;
    context.addIssue({
      code: "custom",
      message: "must be an https origin without a path, such as https://guildnet.localhost:8090",
    });
    return z.NEVER;
  });

const address = z.string().transform((value, context) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host && port <= 65535) return { host, port };
  context.addIssue({ code: "custom", message: "must be address:port, such as 0.0.0.0:8443" });
  return z.NEVER;
});

const pagesOfSystem = z.strictObject({
  label: z.string().regex(WORKSPACE_ID),
  title: z.string().min(1).max(40),
  audience: z.string().min(1),
  address,
});

const pages = z.string().transform((text, context) => {
  try {
    return z.array(pagesOfSystem).parse(JSON.parse(text));
  } catch {
    context.addIssue({
      code: "custom",
      message: "must be JSON: a list of systems' pages, each with label, title, audience and address",
    });
    return z.NEVER;
  }
});

const admins = z.string().transform((value, context) => {
  const handles = value
    .split(",")
    .map((handle) => handle.trim())
    .filter(Boolean);
  const wrong = handles.filter((handle) => !HANDLE.test(handle));
  if (wrong.length > 0) context.addIssue({ code: "custom", message: `not a handle: ${wrong.join(", ")}` });
  return new Set(handles);
});

const environment = z
  .object({
    GUILDNET_ORIGIN: origin,
    GUILDNET_APPS_DOMAIN: dnsName,
    GUILDNET_MESH_ORIGIN: origin.optional(),
    GUILDNET_MESH_APPS_DOMAIN: dnsName.optional(),
    GUILDNET_NAME: z.string().trim().min(1).max(60).default("GuildNet"),
    GUILDNET_LINK_COMMAND: z.string().trim().min(1).max(200).optional(),
    GUILDNET_ADMINS: admins.default(new Set<string>()),
    GUILDNET_LISTEN: address.default({ host: "127.0.0.1", port: 8443 }),
    GUILDNET_ANNOUNCED_LISTEN: address.optional(),
    GUILDNET_PUBLISHED_LISTEN: address.optional(),
    GUILDNET_PUBLISHED_TLS_DIR: z.string().min(1).default("/etc/guildnet/published-tls"),
    GUILDNET_PUBLISHED_ANNOUNCED: z.stringbool({ error: "must be true or false" }).default(false),
    GUILDNET_TOOLS_LISTEN: address.optional(),
    GUILDNET_TOOLS_TLS_DIR: z.string().min(1).default("/etc/guildnet/tools-tls"),
    GUILDNET_PAGES: pages.optional(),
    GUILDNET_PAGES_DIR: z.string().min(1).default("/etc/guildnet/pages"),
    GUILDNET_HEALTH_LISTEN: address.optional(),
    GUILDNET_TLS_DIR: z.string().min(1).default("/etc/guildnet/tls"),
    GUILDNET_KEYS_DIR: z.string().min(1).default("/etc/guildnet/keys"),
    GUILDNET_EVENTS_DIR: z.string().min(1).optional(),
    GUILDNET_CLUSTER_DOMAIN: dnsName.default("cluster.local"),
    GUILDNET_LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  })
  .superRefine((env, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
    if ((env.GUILDNET_MESH_ORIGIN === undefined) !== (env.GUILDNET_MESH_APPS_DOMAIN === undefined)) {
      complain(
        env.GUILDNET_MESH_ORIGIN === undefined ? "GUILDNET_MESH_ORIGIN" : "GUILDNET_MESH_APPS_DOMAIN",
        "GUILDNET_MESH_ORIGIN and GUILDNET_MESH_APPS_DOMAIN go together",
      );
    }
    const hosts = [env.GUILDNET_ORIGIN, env.GUILDNET_MESH_ORIGIN ?? []].flat().map((each) => new URL(each).hostname);
    for (const name of ["GUILDNET_APPS_DOMAIN", "GUILDNET_MESH_APPS_DOMAIN"] as const) {
      if (env[name] === undefined || !hosts.some((host) => `.${host}`.endsWith(`.${env[name]}`))) continue;
      complain(name, "must not contain the portal's own host: a workspace must never share an origin with the portal");
    }
  });

/**
 * @param env usually `process.env`
 * @throws {ConfigError} naming every variable that is wrong, what was found and what is allowed
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): PortalConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, env)).join("\n"));
  const value = parsed.data;
  return {
    sites: [
      { origin: value.GUILDNET_ORIGIN, appsDomain: value.GUILDNET_APPS_DOMAIN },
      ...siteOf(value.GUILDNET_MESH_ORIGIN, value.GUILDNET_MESH_APPS_DOMAIN),
    ],
    guildName: value.GUILDNET_NAME,
    ...(value.GUILDNET_LINK_COMMAND !== undefined && { linkCommand: value.GUILDNET_LINK_COMMAND }),
    admins: value.GUILDNET_ADMINS,
    listen: value.GUILDNET_LISTEN,
    announcedListen: value.GUILDNET_ANNOUNCED_LISTEN,
    ...publishedOf(value),
    ...(value.GUILDNET_TOOLS_LISTEN !== undefined && {
      tools: { listen: value.GUILDNET_TOOLS_LISTEN, tlsDirectory: value.GUILDNET_TOOLS_TLS_DIR },
    }),
    ...(value.GUILDNET_PAGES !== undefined && {
      pages: { list: value.GUILDNET_PAGES, directory: value.GUILDNET_PAGES_DIR },
    }),
    healthListen: value.GUILDNET_HEALTH_LISTEN ?? { host: value.GUILDNET_LISTEN.host, port: 8081 },
    tlsDirectory: value.GUILDNET_TLS_DIR,
    keysDirectory: value.GUILDNET_KEYS_DIR,
    ...(value.GUILDNET_EVENTS_DIR !== undefined && { eventsDirectory: value.GUILDNET_EVENTS_DIR }),
    clusterDomain: value.GUILDNET_CLUSTER_DOMAIN,
    logLevel: value.GUILDNET_LOG_LEVEL,
  };
}

function publishedOf(value: z.output<typeof environment>): Pick<PortalConfig, "published"> {
  const listen = value.GUILDNET_PUBLISHED_LISTEN;
  if (listen === undefined) return {};
  const { GUILDNET_PUBLISHED_TLS_DIR: tlsDirectory, GUILDNET_PUBLISHED_ANNOUNCED: announced } = value;
  return { published: { listen, tlsDirectory, announced } };
}

function siteOf(origin: string | undefined, appsDomain: string | undefined): SiteConfig[] {
  return origin === undefined || appsDomain === undefined ? [] : [{ origin, appsDomain }];
}

function describe(issue: z.core.$ZodIssue, env: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0]);
  const found = env[name];
  return found === undefined ? `${name} is not set: ${issue.message}` : `${name}="${found}": ${issue.message}`;
}
