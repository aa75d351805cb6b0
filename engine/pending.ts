import { withIntactReferences } from "./journal/deployment.ts";
import type { StackState, StateResource } from "./stack-state.ts";

/** What a creation of which nobody saw the end has made: as the state names it, and outputs that it has beside its inputs. */
export interface Made {
  readonly id: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Looks which of the resources exist that a killed run began to make, by URN.
 * @param state its secrets in plain
 * @throws where it can't look, with a word what to do; nothing is changed then
 */
export type FindMade = (begun: readonly StateResource[], state: StackState) => Promise<ReadonlyMap<string, Made>>;

/** Resources that a killed run began to make, and that are in no state yet. */
export function begunCreations({
  deployment: { resources = [], pending_operations = [] },
}: StackState): StateResource[] {
  const present = new Set(resources.filter(isPresent).map(({ urn }) => urn));
  return pending_operations
    .filter(({ type, resource }) => type === "creating" && !present.has(resource.urn))
    .map(({ resource }) => resource);
}

/** Neither replaced already nor deleted in order to be made anew. */
function isPresent(resource: StateResource): boolean {
  return resource.delete !== true && resource.pendingReplacement !== true;
}

/**
 * The state with what was made in it, and without pending operations. Every object of ours has a fixed name and is
 * applied with "create or take over", so that an operation nobody knows the end of is simply done again; but what is
 * not wanted any more by then would be in the world and in no state.
 * @param state as the engine exports it, its secrets encrypted
 */
export function withoutPending<State extends StackState>(state: State, made: ReadonlyMap<string, Made>): State {
  const found = new Map(
    begunCreations(state).flatMap((resource) => {
      const existing = made.get(resource.urn);
      return existing === undefined || !hasProvider(resource, state)
        ? []
        : [[resource.urn, asMade(resource, existing)] as const];
    }),
  );
  const resources = (state.deployment.resources ?? []).map((resource) => {
    const successor = resource.pendingReplacement === true ? found.get(resource.urn) : undefined;
    if (successor === undefined) return resource;
    found.delete(resource.urn);
    const { pendingReplacement: _gone, ...before } = resource;
    // In its place, with what it stands on: what stands on it comes after it.
    return { ...before, id: successor.id, inputs: successor.inputs, outputs: successor.outputs };
  });
  // What it stood on may have been removed since, by a run that settles nothing, and the engine takes no state that refers to it.
  return {
    ...state,
    deployment: {
      ...state.deployment,
      resources: withIntactReferences([...resources, ...found.values()]),
      pending_operations: [],
    },
  };
}

/** Without it nobody can look at it, or remove it. */
function hasProvider({ provider }: StateResource, { deployment: { resources = [] } }: StackState): boolean {
  return provider === undefined || resources.some(({ urn, id }) => provider === `${urn}::${id}`);
}

/** Its outputs are those that a refresh replaces by what there is. */
function asMade(resource: StateResource, { id, outputs }: Made): StateResource {
  return { ...resource, id, outputs: { ...resource.inputs, ...outputs } };
}
