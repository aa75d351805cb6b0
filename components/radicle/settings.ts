/** Radicle's own port, in the pod as well as at its Service. */
export const RADICLE_PORT = 8776;

/** Ports inside the pod. */
export const NODE_PORT = RADICLE_PORT;
export const PEOPLE_PORT = 8777;
export const PEOPLE_HEALTH_PORT = 8778;
export const GIT_EVENTS_HEALTH_PORT = 8779;

/** Where the pod finds things. */
export const paths = {
  data: "/data",
  settings: "/etc/guildnet/radicle",
  tls: "/etc/guildnet/tls",
  events: "/etc/guildnet/events",
  programs: "/opt/guildnet/programs",
};

/** Which repositories the seed keeps, of those that nobody told it about one by one. */
export interface SeedingPolicy {
  /** Whether it keeps every repository that it is told of, or none. @default "allow" */
  default?: "allow" | "block";
  /** Whose branches, patches and comments it takes in them: everybody's, or those of the repository's delegates and of the guild's people. @default "all" */
  scope?: "all" | "followed";
}

/**
 * The node's settings. It speaks to who comes to it, and looks for nobody: the guild is no part of the public network.
 * @see https://radicle.xyz/guides/seeder
 */
export function seedSettings(seeding: SeedingPolicy, addresses: readonly string[]) {
  const { default: kept = "allow", scope = "all" } = seeding;
  return {
    preferredSeeds: [],
    cli: { hints: false },
    node: {
      alias: "seed",
      listen: [`0.0.0.0:${NODE_PORT}`],
      peers: { type: "static" },
      connect: [],
      externalAddresses: [...addresses],
      // What one workspace announces the others are told of.
      relay: "always",
      workers: 4,
      // A repository of a few gigabytes is fetched at once, on a busy machine too.
      limits: { fetchPackReceive: "4.0 GiB", fetchTimeout: 600 },
      seedingPolicy: kept === "block" ? { default: "block" } : { default: "allow", scope },
    },
  };
}
