/**
 * Namespaces that may run what *restricted* Pod Security refuses, and why. The components
 * keep the same list; a test compares the two, so that an exception takes two deliberate edits.
 */
export const privilegedNamespaces: ReadonlyMap<string, string> = new Map([
  ["local-path-storage", "its helper pods make and remove the volumes' folders on the node, through a hostPath and as root, and mount those that are files"],
  ["guildnet-kernel-router", "a subnet router in kernel mode, which nobody gets unasked, makes a network device and turns on forwarding"],
  ["longhorn-system", "Longhorn, which only a config that asks for it installs, attaches and mounts volumes on the nodes as root"],
  ["guildnet-load-balancer", "MetalLB's speaker answers ARP for the addresses of Services, on the nodes' own network and through raw sockets"],
]);
