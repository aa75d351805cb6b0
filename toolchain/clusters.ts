import type { Engine } from "./engine/engine.ts";
import { embeddedClusters, type StackState } from "./engine/stack-state.ts";

/** The embedded clusters of a stack; none when the stack does not exist. */
export async function clustersOf(engine: Engine): Promise<string[]> {
  if (!(await engine.stackExists())) return [];
  return embeddedClusters(await engine.json<StackState>(["stack", "export"]));
}
