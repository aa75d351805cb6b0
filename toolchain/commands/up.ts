import { join } from "node:path";
import { writeFileAtomic } from "../atomic-file.ts";
import { Engine } from "../engine/engine.ts";
import { linksBlock } from "../links.ts";
import { stackOutputs } from "../stack-outputs.ts";
import { toolsForStack } from "../stack-tools.ts";
import { toolsNamed } from "../tools/index.ts";
import { requireTools } from "../tools/require-tools.ts";

interface UpdateSummary { readonly resourceChanges?: Readonly<Record<string, number>> }

/** Brings the stack up and prints the links. Exits with the engine's code when it fails. */
export async function upCommand(stack: string): Promise<void> {
  await requireTools(toolsNamed(toolsForStack(stack)));
  const engine = await Engine.open(stack);
  engine.recover();
  await engine.forgetPendingOperations();
  engine.assertFree();
  await engine.ensureStack();
  const code = await engine.run(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
  if (code !== 0) {
    process.exitCode = code;
    return;
  }
  const [outputs, history] = await Promise.all([
    stackOutputs(engine),
    engine.json<readonly UpdateSummary[]>(["stack", "history", "--json", "--page-size", "1"]),
  ]);
  const caFile = join(engine.folder, "ca.crt");
  writeFileAtomic(caFile, outputs.caCertificate);
  const first = isUnchanged(history[0]) ? `The stack ${stack} is unchanged.` : `The stack ${stack} is up.`;
  process.stdout.write(`\n${first}\n\n${linksBlock(outputs, caFile)}`);
}

/** Whether the engine found every resource as it should be. */
export function isUnchanged(update: UpdateSummary | undefined): boolean {
  const changes = Object.entries(update?.resourceChanges ?? {});
  return changes.length > 0 && changes.every(([kind, count]) => kind === "same" || count === 0);
}
