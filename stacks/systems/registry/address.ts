import { addressIn } from "../../../components/kube/cidr.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { RegistryKeys } from "./schema.ts";

/** Address of the registry's Service; undefined where nobody said what it could be. */
export function registryAddress({ cluster, registry: wanted }: RegistryKeys & ClusterKeys): string | undefined {
  return wanted?.address ?? (cluster.serviceCidr && addressIn(cluster.serviceCidr, 11));
}
