import { isLookedAt, ownDriftOf } from "../../provider/control.ts";
import type { StackState, StateResource } from "../../engine/stack-state.ts";
import { isActionable } from "../../toolchain/errors.ts";
import type { Deviation } from "./deviation.ts";
import type { DriftReport } from "./detect.ts";

type Properties = Parameters<typeof ownDriftOf>[1];

/**
 * Looks at what this project's own provider has made in a cluster or a mesh: the definitions of upstream's manifests,
 * the mesh's users and policy. The engine does so by itself in each preview and run; `status` has no engine.
 *
 * @param state its secrets in plain
 */
export async function detectOwnDrift({ deployment: { resources = [] } }: StackState): Promise<DriftReport> {
  const own = resources.filter(({ type, delete: replaced }) => isLookedAt(type) && replaced !== true);
  try {
    return { objects: own.length, deviations: (await Promise.all(own.map(deviationOf))).flat() };
  } catch (error) {
    if (!isActionable(error)) throw error;
    return { why: error.message };
  }
}

async function deviationOf({ urn, type, inputs = {}, outputs = {} }: StateResource): Promise<Deviation[]> {
  const how = await ownDriftOf(type, inputs as Properties, outputs as Properties);
  return how === undefined ? [] : [{ urn, what: `${type.split(":").at(-1)} ${urn.split("::").at(-1)}`, how }];
}
