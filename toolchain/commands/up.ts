import { join } from "node:path";
import { writeFileAtomic } from "../atomic-file.ts";
import { Engine, type Changes } from "../engine/engine.ts";
import { linksBlock } from "../links.ts";
import { stackOutputs } from "../stack-outputs.ts";
import { toolsForStack } from "../stack-tools.ts";
import { toolsNamed } from "../tools/index.ts";
import { requireTools } from "../tools/require-tools.ts";

/** Brings the stack up and prints the links. Exits with the engine's code when it fails. */
export async function upCommand(stack: string): Promise<void> {
  await requireTools(toolsNamed(toolsForStack(stack)));
  const engine = await Engine.open(stack);
  await engine.alone("up", () => bringUp(engine));
}

async function bringUp(engine: Engine): Promise<void> {
  const { stack } = engine;
  engine.recover();
  await engine.forgetPendingOperations();
  engine.assertFree();
  await engine.ensureStack();
  const code = await engine.run(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  if (code !== 0) {
    process.exitCode = code;
    return;
  }
  const [outputs, changes] = await Promise.all([stackOutputs(engine), engine.lastChanges()]);
  const caFile = join(engine.folder, "ca.crt");
  writeFileAtomic(caFile, outputs.caCertificate);
  const first = isUnchanged(changes) ? `The stack ${stack} is unchanged.` : `The stack ${stack} is up.`;
  process.stdout.write(`\n${first}\n\n${linksBlock(outputs, caFile, stack)}`);
}

/** Whether the engine found every resource as it should be. */
export function isUnchanged(changes: Changes): boolean {
  const counts = Object.entries(changes);
  return counts.length > 0 && counts.every(([kind, count]) => kind === "same" || count === 0);
}
