import { openEngine } from "../open-engine.ts";
import { report } from "../status/findings.ts";
import { stackFindings } from "../status/stack.ts";

/** Prints how the stack's parts are; exit code 1 when one of them is not well. */
export async function statusCommand(stack: string): Promise<void> {
  const findings = await stackFindings(await openEngine(stack));
  process.stdout.write(`Stack ${stack}\n${report(findings)}\n`);
  if (findings.some(({ healthy }) => !healthy)) process.exitCode = 1;
}
