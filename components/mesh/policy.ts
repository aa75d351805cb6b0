import { tag } from "./mesh.ts";

/** One rule; everything that no rule allows is refused. */
export interface PolicyRule {
  action: "accept";
  /** Protocol by name or number. @default all */
  proto?: string;
  /** Who: "*", "tag:…", "group:…", "<user>@", "autogroup:member", a host's name, an address or a network. */
  src: string[];
  /** What: the same with ":<ports>" behind, for instance "portal:443", "tag:router:53,80" or "10.0.0.0/24:*"; also "autogroup:self:*". */
  dst: string[];
}

/**
 * Who may reach what on a mesh, in the words that Headscale and Tailscale share.
 * @see https://tailscale.com/kb/1337/policy-syntax
 */
export interface MeshPolicy {
  /** People by group; a group's name starts with "group:", a person's is "<user>@". */
  groups?: Record<string, string[]>;
  /** Addresses or networks by a name of their own. */
  hosts?: Record<string, string>;
  /** Every tag there is, each with the people or groups who may give it to a device of theirs. */
  tagOwners: Record<string, string[]>;
  acls: PolicyRule[];
  autoApprovers: {
    /** Networks, each with whose devices may advertise it without approval. */
    routes: Record<string, string[]>;
  };
}

/** Something of the guild at a fixed address. */
export interface Destination {
  /** Name in the policy, for instance "portal". */
  name: string;
  address: string;
  ports: number[];
}

export interface GuildPolicyConfig {
  /** Users of the mesh, by handle; none where they are known to the mesh alone. */
  people: readonly string[];
  /** What every device of the guild may reach. */
  destinations: readonly Destination[];
  /** Networks that every device of the guild may reach whole. @default none */
  openNetworks?: readonly string[];
  /** Networks that a router may advertise without anybody's approval. */
  routes: readonly string[];
}

/**
 * The guild's policy: what the graph let in as `tag:client` reaches the guild's destinations,
 * a person's devices reach each other, and a router's networks are approved. Any other device
 * reaches nothing. A person who is signed in may make one of their devices a client; nobody
 * but the graph makes a router, since a router sees the traffic of its networks.
 */
export function guildPolicy({ people, destinations, openNetworks = [], routes }: GuildPolicyConfig): MeshPolicy {
  const dst = [
    ...destinations.map(({ name, ports }) => `${name}:${ports.join(",")}`),
    ...openNetworks.map((network) => `${network}:*`),
  ];
  return {
    groups: { "group:people": people.map((handle) => `${handle}@`) },
    hosts: Object.fromEntries(destinations.map(({ name, address }) => [name, `${address}/32`])),
    tagOwners: { [tag.client]: ["group:people"], [tag.router]: [] },
    acls: [...(dst.length === 0 ? [] : [accept([tag.client], dst)]), ...amongOwnDevices(people)],
    autoApprovers: { routes: Object.fromEntries(routes.map((network) => [network, [tag.router]])) },
  };
}

/**
 * Each person by name where the mesh knows them: a rule for `autogroup:self` makes Headscale before 0.28 keep from a
 * router which devices there are, unless they come after it (https://github.com/juanfont/headscale/issues/2990).
 */
function amongOwnDevices(people: readonly string[]): PolicyRule[] {
  if (people.length === 0) return [accept(["autogroup:member"], ["autogroup:self:*"])];
  return people.map((handle) => accept([`${handle}@`], [`${handle}@:*`]));
}

function accept(src: string[], dst: string[]): PolicyRule {
  return { action: "accept", src, dst };
}
