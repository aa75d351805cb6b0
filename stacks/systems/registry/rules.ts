import ipaddr from "ipaddr.js";
import type { Broken } from "../../check/broken.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { RegistryKeys } from "./schema.ts";

/** Its certificate is for one address, and clients are sent to it: it can't be left to the cluster. */
export function registryMistakes(config: RegistryKeys & ClusterKeys): Broken[] {
  const {
    cluster: { serviceCidr },
    registry,
  } = config;
  if (registry === undefined) return [];
  const path = ["registry", "address"];
  if (registry.address === undefined) {
    return serviceCidr !== undefined
      ? []
      : [
          {
            paths: [path, ["cluster", "serviceCidr"]],
            allowed: "an address of the cluster's Services, where cluster.serviceCidr isn't said",
            fix: "add it, or add cluster.serviceCidr",
          },
        ];
  }
  if (serviceCidr === undefined || ipaddr.IPv4.parse(registry.address).match(ipaddr.IPv4.parseCIDR(serviceCidr)))
    return [];
  return [
    {
      paths: [path, ["cluster", "serviceCidr"]],
      allowed: `an address inside cluster.serviceCidr, ${serviceCidr}`,
      fix: "write one of those, or remove the key",
    },
  ];
}
