import ipaddr from "ipaddr.js";
import { workspaceName } from "./schema.ts";
import type { GuildConfig } from "./schema.ts";
import type { Broken } from "./rules.ts";

/** Networks to propose where one is taken. */
const PROPOSALS = ["10.96.0.0/16", "10.244.0.0/16", "10.97.0.0/16", "10.245.0.0/16", "172.20.0.0/16"];

/** What is wrong with networks, ports and host names. */
export function networkMistakes(config: GuildConfig): Broken[] {
  return [...cidrMistakes(config), ...apiPortMistakes(config), ...domainMistakes(config), ...registryMistakes(config)];
}

function cidrMistakes({ cluster }: GuildConfig): Broken[] {
  const broken: Broken[] = [];
  const networks = (["podCidr", "serviceCidr"] as const).flatMap((key) => (cluster[key] === undefined ? [] : [{ path: ["cluster", key], cidr: cluster[key] }]));
  for (const { path, cidr } of networks) {
    const [address, length] = ipaddr.IPv4.parseCIDR(cidr);
    const network = ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
    if (network !== address.toString()) {
      broken.push({ paths: [path], allowed: "a network's first address and its length", fix: `write "${network}/${length}"` });
    } else if (!isPrivate(cidr)) {
      broken.push({ paths: [path], allowed: "a network inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", fix: `write "${proposal(networks.map((other) => other.cidr))}"` });
    } else if (cluster.kind === "embedded" && (length < 12 || length > 24)) {
      broken.push({ paths: [path], allowed: "a length from /12 to /24", fix: `write "${network.split(".").slice(0, 2).join(".")}.0.0/16"` });
    }
  }
  const [pods, services] = networks;
  if (broken.length === 0 && pods && services && overlap(pods.cidr, services.cidr)) {
    broken.push({
      paths: [services.path, pods.path],
      allowed: `a network that doesn't overlap cluster.podCidr, ${pods.cidr}`,
      fix: `write "${proposal([pods.cidr])}"`,
    });
  }
  return broken;
}

function proposal(taken: string[]): string {
  return PROPOSALS.find((candidate) => taken.every((cidr) => !overlap(candidate, cidr))) ?? "192.168.0.0/17";
}

function isPrivate(cidr: string): boolean {
  const [, length] = ipaddr.IPv4.parseCIDR(cidr);
  const last = ipaddr.IPv4.broadcastAddressFromCIDR(cidr);
  return length >= 8 && ipaddr.IPv4.networkAddressFromCIDR(cidr).range() === "private" && last.range() === "private";
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
  const { host, appsDomain } = portal;
  const broken: Broken[] = [];
  if (appsDomain !== undefined && `.${host}`.endsWith(`.${appsDomain}`)) {
    broken.push({ paths: [["portal", "appsDomain"], ["portal", "host"]], allowed: `a domain that portal.host, ${host}, is neither equal to nor below`, fix: `write "apps.${host}", or remove the key` });
  }
  const domain = appsDomain ?? `apps.${host}`;
  const named = [
    ...workspaces.map((workspace, index) => ({ path: ["workspaces", index, "name"], name: workspaceName(workspace) })),
    ...apps.map(({ name }, index) => ({ path: ["apps", index, "name"], name })),
  ];
  for (const { path, name } of named) {
    if (`${name}.${domain}` === host) broken.push({ paths: [path, ["portal"]], allowed: `a name whose address isn't the portal's own, ${host}`, fix: "rename it" });
  }
  return broken;
}
