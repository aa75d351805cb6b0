import { accepted } from "./accepted-findings.ts";
import { exposure as annotation } from "./labels.ts";

/** Annotation of a Service of type LoadBalancer that names the pool its address shall be of; MetalLB's. */
export const POOL_ANNOTATION = "metallb.io/address-pool";

/** How something's Service is reached. */
export type Exposure =
  /** Not from outside the cluster; `kubectl port-forward` reaches it. */
  | { type: "ClusterIP" }
  /** At a port of every node, 30000–32767. */
  | {
      type: "NodePort";
      nodePort: number;
      /** Why it may listen beyond the cluster. */ reason: string;
      /** Address, other than loopback, where an embedded node publishes it. */ address?: string;
    }
  /** At an address of its own. */
  | {
      type: "LoadBalancer";
      /** Why it may listen beyond the cluster. */ reason: string;
      /** Pool of a `LoadBalancer` that the address is of. @default any that assigns by itself */ pool?: string;
    };

/** Annotations that say of a Service why it is reached from outside, and where. */
export function exposureAnnotations(exposure: Exposure): Record<string, string> {
  const found: Record<string, string> = exposure.type === "NodePort" ? accepted({ "node-port": exposure.reason }) : {};
  if ("reason" in exposure) found[annotation.reason] = exposure.reason;
  if ("address" in exposure && exposure.address) found[annotation.address] = exposure.address;
  if ("pool" in exposure && exposure.pool) found[POOL_ANNOTATION] = exposure.pool;
  return found;
}
