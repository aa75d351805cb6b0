import type { PortalExposure } from "../../../components/index.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { PortalKeys } from "./schema.ts";

/** NodePort of the portal's Service. */
export const PORTAL_NODE_PORT = 30090;

export function isLoopback(address: string): boolean {
  return address.startsWith("127.");
}

/** How the portal is shown beyond its cluster. */
export function portalExposure({ cluster, portal }: ClusterKeys & PortalKeys): PortalExposure {
  if (cluster.kind === "embedded") {
    const loopback = isLoopback(portal.address);
    return {
      type: "NodePort",
      nodePort: PORTAL_NODE_PORT,
      announced: true,
      reason: loopback
        ? "the node's ports are published on this machine's loopback alone"
        : `portal.address is ${portal.address}`,
      address: loopback ? undefined : portal.address,
    };
  }
  const reason = `portal.service is ${portal.service}`;
  if (portal.service === "NodePort") return { type: "NodePort", nodePort: PORTAL_NODE_PORT, reason };
  if (portal.service === "LoadBalancer") return { type: "LoadBalancer", reason, pool: portal.addressPool };
  return { type: "ClusterIP" };
}
