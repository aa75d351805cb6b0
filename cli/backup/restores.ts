import { deviationsOf, type DriftReport } from "../drift/detect.ts";
import type { Kubectl } from "../kubernetes/kubectl.ts";
import type { BackedUpVolume } from "../stack-outputs.ts";
import { heldVolumes, resumeAbandoned } from "./stopped.ts";

/** Whether a restore goes on somewhere, or was killed: each suspends its volume's backups, which are declared to go on. */
export function suggestsRestore(drift: DriftReport): boolean {
  return deviationsOf(drift).some(({ what, how }) => /^CronJob [^/]+\/backup$/.test(what) && how.startsWith("differs"));
}

/** What a look saw but for what restores have stopped, which is theirs to start again. */
export function withoutHeld(drift: DriftReport, volumes: readonly BackedUpVolume[]): DriftReport {
  if ("why" in drift) return drift;
  const held = new Set(
    volumes.flatMap(({ namespace, deployment, kind }) => [
      `CronJob ${namespace}/backup`,
      `${kind ?? "Deployment"} ${namespace}/${deployment}`,
    ]),
  );
  return { ...drift, deviations: drift.deviations.filter(({ what }) => !held.has(what)) };
}

/**
 * Starts again what restores had stopped that were killed.
 * @param tell takes a line for each volume that a restore had, or has
 * @returns volumes that a restore has still
 */
export async function settleRestores(
  kubectl: Kubectl,
  volumes: readonly BackedUpVolume[],
  tell: (line: string) => void,
): Promise<BackedUpVolume[]> {
  const resumed = await resumeAbandoned(kubectl, volumes),
    held = await heldVolumes(kubectl, volumes);
  for (const name of resumed)
    tell(
      `A restore of ${name} was killed. What it had stopped is started again; whether all files are back, only another restore can tell.`,
    );
  for (const { name } of held) tell(`${name} is being restored. What that has stopped is left alone.`);
  return held;
}
