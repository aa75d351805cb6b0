import ipaddr from "ipaddr.js";
import { appsDomainBeside, isBelow, portalAddresses } from "../../../components/index.ts";
import type { Path } from "../../check/mistakes.ts";
import { workspaceName } from "../../schema.ts";
import type { GuildConfig } from "../../schema.ts";
import type { Broken } from "../../check/rules.ts";

/** Networks to propose where one is taken. */
const PROPOSALS = ["10.96.0.0/16", "10.244.0.0/16", "10.97.0.0/16", "10.245.0.0/16", "172.20.0.0/16"];

/** What is wrong with networks, ports and host names. */
export function networkMistakes(config: GuildConfig): Broken[] {
  return [...cidrMistakes(config), ...apiPortMistakes(config), ...domainMistakes(config), ...registryMistakes(config)];
}

/** What an embedded cluster lets one of its networks be, besides private. */
const LIMITS = {
  podCidr: { lengths: [12, 24], fallback: (first: string) => `${first.split(".").slice(0, 2).join(".")}.0.0/16` },
  serviceCidr: { lengths: [12, 24], fallback: (first: string) => `${first.split(".").slice(0, 2).join(".")}.0.0/16` },
  lanCidr: { lengths: [16, 28], fallback: () => LAN },
} as const;

/** A LAN that collides with nobody's networks, in a range that is nobody's (RFC 2544). */
const LAN = "198.19.0.0/24";
const NOBODYS = "198.19.0.0/16";

function cidrMistakes({ cluster }: GuildConfig): Broken[] {
  const networks = networksOf(cluster);
  const broken = networks.flatMap(({ key, path, cidr }): Broken[] => {
    const [address, length] = ipaddr.IPv4.parseCIDR(cidr);
    const network = ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
    const { lengths: [shortest, longest], fallback } = LIMITS[key];
    if (network !== address.toString()) return [{ paths: [path], allowed: "a network's first address and its length", fix: `write "${network}/${length}"` }];
    if (!isPrivate(cidr) && !(key === "lanCidr" && isInside(NOBODYS, cidr))) {
      const more = key === "lanCidr" ? `, ${NOBODYS}` : "";
      return [{ paths: [path], allowed: `a network inside 10.0.0.0/8, 172.16.0.0/12${more} or 192.168.0.0/16`, fix: `write "${key === "lanCidr" ? LAN : proposal(networks.map((other) => other.cidr))}"` }];
    }
    if (cluster.kind === "existing" || (length >= shortest && length <= longest)) return [];
    return [{ paths: [path], allowed: `a length from /${shortest} to /${longest}`, fix: `write "${fallback(network)}"` }];
  });
  return broken.length > 0 ? broken : overlaps(networks);
}

interface Network {
  key: keyof typeof LIMITS;
  path: Path;
  cidr: string;
}

function networksOf(cluster: GuildConfig["cluster"]): Network[] {
  const named = { podCidr: cluster.podCidr, serviceCidr: cluster.serviceCidr, lanCidr: cluster.kind === "embedded" ? cluster.lanCidr : undefined };
  return (Object.keys(LIMITS) as Network["key"][]).flatMap((key) => (named[key] === undefined ? [] : [{ key, path: ["cluster", key], cidr: named[key] }]));
}

/** The later of two networks that overlap is told of, once. */
function overlaps(networks: Network[]): Broken[] {
  return networks.flatMap(({ key, path, cidr }, place): Broken[] => {
    const other = networks.slice(0, place).find((before) => overlap(before.cidr, cidr));
    if (other === undefined) return [];
    return [{
      paths: [path, other.path],
      allowed: `a network that doesn't overlap cluster.${other.key}, ${other.cidr}`,
      fix: `write "${key === "lanCidr" ? LAN : proposal([other.cidr])}"`,
    }];
  });
}

function proposal(taken: string[]): string {
  return PROPOSALS.find((candidate) => taken.every((cidr) => !overlap(candidate, cidr))) ?? "192.168.0.0/17";
}

function isPrivate(cidr: string): boolean {
  const [, length] = ipaddr.IPv4.parseCIDR(cidr);
  const last = ipaddr.IPv4.broadcastAddressFromCIDR(cidr);
  return length >= 8 && ipaddr.IPv4.networkAddressFromCIDR(cidr).range() === "private" && last.range() === "private";
}

function isInside(outer: string, cidr: string): boolean {
  return ipaddr.IPv4.parseCIDR(cidr)[1] >= ipaddr.IPv4.parseCIDR(outer)[1] && overlap(outer, cidr);
}

/** Whether two IPv4 networks have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [addressA, lengthA] = ipaddr.IPv4.parseCIDR(a);
  const [addressB, lengthB] = ipaddr.IPv4.parseCIDR(b);
  const shorter = Math.min(lengthA, lengthB);
  return addressA.match(addressB, shorter);
}

function apiPortMistakes({ cluster, portal }: GuildConfig): Broken[] {
  if (cluster.kind !== "embedded" || cluster.apiPort !== portal.port) return [];
  return [{
    paths: [["cluster", "apiPort"], ["portal", "port"]],
    allowed: `a port other than the portal's, ${portal.port}`,
    fix: `write ${portal.port < 65535 ? portal.port + 1 : portal.port - 1}`,
  }];
}

/** Its certificate is for one address, and clients are sent to it: it can't be left to the cluster. */
function registryMistakes(config: GuildConfig): Broken[] {
  const { cluster: { serviceCidr }, registry } = config;
  if (registry === undefined) return [];
  const path = ["registry", "address"];
  if (registry.address === undefined) {
    return serviceCidr !== undefined ? [] : [{ paths: [path, ["cluster", "serviceCidr"]], allowed: "an address of the cluster's Services, where cluster.serviceCidr isn't said", fix: "add it, or add cluster.serviceCidr" }];
  }
  if (serviceCidr === undefined || ipaddr.IPv4.parse(registry.address).match(ipaddr.IPv4.parseCIDR(serviceCidr))) return [];
  return [{ paths: [path, ["cluster", "serviceCidr"]], allowed: `an address inside cluster.serviceCidr, ${serviceCidr}`, fix: "write one of those, or remove the key" }];
}

/** A workspace's page must never share an origin, or a domain's cookies, with the portal. */
function domainMistakes({ portal, workspaces, apps }: GuildConfig): Broken[] {
  const { host, appsDomain } = portalAddresses(portal);
  const broken: Broken[] = [];
  if (isBelow(host, appsDomain)) {
    broken.push({ paths: [["portal", "appsDomain"], ["portal", "host"]], allowed: `a domain that portal.host, ${host}, is neither equal to nor below`, fix: `write "${appsDomainBeside(host)}", or remove the key` });
  }
  const named = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index, "name"], name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index, "name"], name })),
  ];
  for (const { path, name } of named) {
    if (`${name}.${appsDomain}` === host) broken.push({ paths: [path, ["portal"]], allowed: `a name whose address isn't the portal's own, ${host}`, fix: "rename it" });
  }
  return broken;
}
