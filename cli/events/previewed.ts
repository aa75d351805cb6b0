import type { Engine } from "../../engine/engine.ts";
import { outputsSoFar } from "../stack-outputs.ts";
import { say } from "./say.ts";

/**
 * Previews, and says on the event bus, where there is one, what would change.
 * @param run previews, and counts what would change where it is told to; returns the engine's exit code
 * @returns that code
 */
export async function saidPreview(engine: Engine, run: (counts: boolean) => Promise<number>): Promise<number> {
  const start = Date.now();
  const outputs = outputsSoFar(await engine.state()),
    hasBus = outputs.events !== undefined && outputs.events !== null;
  const code = await run(hasBus);
  if (!hasBus || code !== 0) return code;
  const data = {
    stack: engine.stack,
    changes: { ...(await engine.lastChanges()) },
    seconds: (Date.now() - start) / 1000,
  };
  const why = await say(outputs, { audience: "admins", type: "stack.previewed", data });
  if (why !== undefined) process.stderr.write(`The event bus was not told: ${why}\n`);
  return code;
}
