import { upperHalf } from "../../../components/index.ts";
import type { AddressPool } from "../../../components/index.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { BalancerKeys } from "./schema.ts";

/** Pools of the config, or the one of an embedded cluster where it names none. */
export function addressPools({ cluster, loadBalancer }: BalancerKeys & ClusterKeys): AddressPool[] {
  if (loadBalancer === undefined) return [];
  return (
    loadBalancer.pools ??
    (cluster.kind === "embedded" ? [{ name: "default", addresses: [upperHalf(cluster.lanCidr)] }] : [])
  );
}
