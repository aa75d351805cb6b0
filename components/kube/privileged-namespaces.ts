// No import: the policy pack's bundle has this file in it.

/** A namespace that can't be held to *restricted* Pod Security, and why. */
export interface PrivilegedNamespace {
  readonly name: string;
  readonly reason: string;
}

/**
 * Every exception of this project. The policy pack goes by the same list, and lets no other namespace be
 * without *restricted*.
 */
export const privilegedNamespaces = [
  {
    name: "local-path-storage",
    reason:
      "its helper pods make and remove the volumes' folders on the node, through a hostPath and as root, and mount those that are files",
  },
  {
    name: "guildnet-kernel-router",
    reason: "a subnet router in kernel mode, which nobody gets unasked, makes a network device and turns on forwarding",
  },
  {
    name: "longhorn-system",
    reason: "Longhorn mounts volumes on its nodes: it runs as root in their namespaces, with their devices and folders",
  },
  {
    name: "guildnet-load-balancer",
    reason:
      "MetalLB's speaker answers ARP for the addresses of Services, on the nodes' own network and through raw sockets",
  },
] as const satisfies readonly PrivilegedNamespace[];

/** The name of one of them. */
export type PrivilegedName = (typeof privilegedNamespaces)[number]["name"];

export function isPrivileged(namespace: string | undefined): boolean {
  return privilegedNamespaces.some(({ name }) => name === namespace);
}
