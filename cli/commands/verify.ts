import { UserError } from "../../toolchain/errors.ts";
import { openEngine } from "../open-engine.ts";
import { runSteps } from "../../toolchain/progress.ts";
import { report, type Finding } from "../status/findings.ts";
import { stackFindings } from "../status/stack.ts";
import { untilWell } from "../status/until-well.ts";

/** Waits until all parts of the stack are well. @throws UserError `stack-ill`, with what is not, when that takes longer than `patience` milliseconds */
export async function verifyCommand(stack: string, patience: number): Promise<void> {
  const engine = await openEngine(stack);
  let findings: readonly Finding[] = [];
  await runSteps(
    [
      {
        title: `Verify the stack ${stack}`,
        run: async (tell) => {
          findings = await untilWell(() => stackFindings(engine), { patience, report: tell });
          if (findings.some(({ healthy }) => !healthy)) throw new UserError("stack-ill", verdict(stack, findings));
        },
      },
    ],
    1,
  );
  process.stdout.write(`${verdict(stack, findings)}\n`);
}

/** All that was looked at where all is well, else what is not. */
export function verdict(stack: string, findings: readonly Finding[]): string {
  const ill = findings.filter(({ healthy }) => !healthy);
  if (ill.length === 0) return `${report(findings)}\n\nThe stack ${stack} is well: ${findings.length} probes.`;
  return `${report(ill)}\n\nThe stack ${stack} is not well: ${ill.length} of ${findings.length} probes fail. \`npm run status\` shows all of them.`;
}

/** Milliseconds of what was given in seconds. @throws UserError `patience-invalid` */
export function parsePatience(seconds: string): number {
  const number = Number(seconds);
  if (seconds.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new UserError(
      "patience-invalid",
      `--patience takes seconds, such as 60, or 0 for a single look; not ${JSON.stringify(seconds)}`,
    );
  return number * 1000;
}
