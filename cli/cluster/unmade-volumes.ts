import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { kubeconfigFile } from "../../provider/control.ts";
import type { Meanwhile } from "../../engine/lost-clusters.ts";
import { isActionable } from "../../toolchain/errors.ts";

/** Milliseconds without a word after which the API server is given up. */
const patience = 5000;
/** Looks of a run of which one is taken: most runs are over before, and a volume that can't be made stays so for minutes. */
const EVERY = 5;

const helper = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    containers: z.array(z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })) })),
  }),
  status: z.object({
    containerStatuses: z
      .array(z.object({ state: z.object({ terminated: z.object({ message: z.string().optional() }).optional() }) }))
      .default([]),
  }),
});
type Helper = z.infer<typeof helper>;

/**
 * Tells of each volume that a cluster could not make, in the words of what tried, while a run waits for it: the engine
 * learns of it minutes later, and then that a claim is not ready. It is tried anew meanwhile, and told of once.
 */
export function tellUnmade(say: (line: string) => void): Meanwhile {
  const told = new Set<string>();
  let looks = 0;
  return async (clusters) => {
    if (++looks % EVERY !== 0) return;
    for (const cluster of clusters) {
      for (const line of await unmadeVolumes(cluster)) {
        if (told.has(line)) continue;
        told.add(line);
        say(`\n${line}`);
      }
    }
  };
}

/** Of a cluster that does not answer, nothing. */
async function unmadeVolumes(cluster: string): Promise<string[]> {
  const file = kubeconfigFile(cluster);
  if (!existsSync(file)) return [];
  const [{ readKubeconfig }, { ApiServer }] = await Promise.all([
    import("../../provider/cluster/kubeconfig.ts"),
    import("../../provider/cluster/server.ts"),
  ]);
  const query = new URLSearchParams({
    labelSelector: "guildnet.io/volume-helper",
    fieldSelector: "status.phase=Failed",
  });
  try {
    const server = new ApiServer(readKubeconfig(readFileSync(file, "utf8")), patience);
    return z
      .array(helper)
      .parse(await server.list(`/api/v1/pods?${query}`, "pods that make volumes"))
      .map(words);
  } catch (error) {
    if (isActionable(error)) return [];
    throw error;
  }
}

/** The last line alone: what programs said before it is in the provisioner's log. */
function words({ metadata, spec, status }: Helper): string {
  const [namespace, claim] = (spec.containers[0]?.env.find(({ name }) => name === "VOL_DIR")?.value ?? "")
    .split("/")
    .slice(-2);
  const said = status.containerStatuses[0]?.state.terminated?.message?.trim().split("\n").at(-1);
  const verb = metadata.name.includes("-delete-") ? "removed" : "made";
  return `The volume ${namespace}/${claim} can't be ${verb}: ${said?.replace(/^volume: /, "") || "no word why"}. It is tried again.`;
}
