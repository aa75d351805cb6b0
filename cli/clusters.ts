import type { Engine } from "../engine/engine.ts";
import { embeddedClustersBegun, type StackState } from "../engine/stack-state.ts";

/** The embedded clusters of a stack that may run; none when the stack does not exist. */
export async function clustersOf(engine: Engine): Promise<string[]> {
  if (!(await engine.stackExists())) return [];
  return embeddedClustersBegun(await engine.json<StackState>(["stack", "export"]));
}
