import type { StackState } from "../../engine/stack-state.ts";
import { isActionable } from "../../toolchain/errors.ts";
import { declaredObjects, type DeclaredCluster } from "./declared-objects.ts";
import { deviationOf, type Deviation } from "./deviation.ts";
import { unreadyOf, type Unready } from "./unready.ts";

/** What a look at the world says of a stack's objects; or why there was none. */
export type DriftReport =
  | {
      readonly objects: number;
      readonly deviations: readonly Deviation[];
      /** By their own word. */ readonly unready?: readonly Unready[];
    }
  | { readonly why: string };

export const deviationsOf = (drift: DriftReport): readonly Deviation[] => ("why" in drift ? [] : drift.deviations);

/** Whether everything was seen, and is as the stack left it. */
export const isClear = (drift: DriftReport): boolean => !("why" in drift) && drift.deviations.length === 0;

/** A stack of less may well have lost them all. */
const FEW = 10;

/** Whether not one object is there: to make them all anew is nothing to do unasked. */
export function isEmptied(drift: DriftReport): boolean {
  return (
    !("why" in drift) &&
    drift.objects > FEW &&
    drift.deviations.filter(({ how }) => how === "gone").length === drift.objects
  );
}

/**
 * Asks the stack's clusters for every object that the stack has made, by a list for each kind.
 *
 * @param state its secrets in plain
 */
export async function detectDrift(state: Promise<StackState>): Promise<DriftReport> {
  // The client takes a while to load, and so does what opens a state's secrets, in another thread.
  const [read] = await Promise.all([state, import("../cluster/objects.ts")]);
  const clusters = declaredObjects(read);
  try {
    const seen = await Promise.all(clusters.map(lookInto));
    return {
      objects: clusters.reduce((sum, { objects }) => sum + objects.length, 0),
      deviations: seen.flatMap(({ deviations }) => deviations),
      unready: seen.flatMap(({ unready }) => unready),
    };
  } catch (error) {
    if (!isActionable(error)) throw error;
    return { why: error.message };
  }
}

/** Two looks as one. */
export function mergedReports(one: DriftReport, other: DriftReport): DriftReport {
  if ("why" in one || "why" in other) return "why" in one ? one : other;
  const unready = [...(one.unready ?? []), ...(other.unready ?? [])];
  return {
    objects: one.objects + other.objects,
    deviations: [...one.deviations, ...other.deviations],
    ...(unready.length > 0 && { unready }),
  };
}

async function lookInto({
  kubeconfig,
  context,
  objects,
}: DeclaredCluster): Promise<{ deviations: Deviation[]; unready: Unready[] }> {
  const { observeObjects } = await import("../cluster/objects.ts");
  const live = await observeObjects(
    kubeconfig,
    objects.map(({ object }) => object),
    context,
  );
  return {
    deviations: objects.flatMap((declared, index) => deviationOf(declared, live[index]) ?? []),
    unready: objects.flatMap((declared, index) => unreadyOf(declared, live[index]) ?? []),
  };
}
