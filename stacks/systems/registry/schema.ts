import { z } from "zod";
import { bytes } from "../../check/scalars.ts";
import type { Told } from "../../system.ts";

const registry = z.strictObject({
  storage: bytes("100Mi").prefault("20Gi").describe("Size of its volume; it can grow, not shrink."),
  address: z
    .ipv4("an IPv4 address of the cluster's Services")
    .optional()
    .describe("Address of its Service. Default: the eleventh of cluster.serviceCidr."),
  maintenanceHour: z
    .int()
    .min(0)
    .max(23)
    .default(3)
    .describe("Hour of the day, UTC, from which for half an hour nothing can be pushed and garbage is collected."),
  keepData: z
    .boolean()
    .default(true)
    .describe("Whether its images stay when it is removed. To remove both, apply false first."),
});

export const registryKeys = {
  registry: registry
    .optional()
    .describe(
      "An image registry inside the cluster, to which each workspace may push below its own name. Default: none. Write {} for one with every default.",
    ),
};

export type RegistryKeys = Told<typeof registryKeys>;
