import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where GuildNet keeps everything on this machine: `GUILDNET_HOME`, else `~/.guildnet`. */
export function guildnetHome(): string {
  return resolve(process.env.GUILDNET_HOME || join(homedir(), ".guildnet"));
}

/** Folder of one embedded node; everything it writes is below. */
export function nodeFolder(clusterName: string): string {
  return join(guildnetHome(), "clusters", clusterName);
}

/** The same folder as processes of the node see it. */
export const inNode = "/run/guildnet";

/** Where the node's own interface, its way out and the gateway are; a range for benchmarks that no network routes (RFC 2544). */
export const addresses = {
  node: "198.18.0.1",
  uplink: "198.18.1.100",
  gateway: "198.18.1.2",
  outside: "198.18.1.0/24",
  resolver: "198.18.0.53",
  range: "198.18.0.0/15",
  own: "198.18.0.0/16",
} as const;

/** The node's own LAN: a bridge without a port to the outside, in the half of that range where nothing else is. */
export const lan = { bridge: "lan0", cidr: "198.19.0.0/24" } as const;

export const nodeName = "guildnet";
/** Where, in the node's network, kube-router says whether it works. */
export const policyHealthPort = 20244;
export const networkNamespace = "/run/node.netns";
export const containerdSocket = "/run/containerd/containerd.sock";
