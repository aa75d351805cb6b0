import { existsSync } from "node:fs";
import { join } from "node:path";
import { toolEnvironment } from "../engine/session.ts";
import { guildnetHome } from "../home.ts";
import { PROJECT_ROOT } from "../project.ts";
import { runAttended } from "../run-attended.ts";
import { toolNames, toolsNamed } from "../tools/index.ts";
import { requireTools } from "../tools/require-tools.ts";

/** Lint and types beside every test, which takes longest and so has the last word. Arguments narrow it to vitest with them. */
export async function testCommand(args: readonly string[]): Promise<void> {
  const home = guildnetHome();
  const env = toolEnvironment({ home, tools: await requireTools(toolsNamed(toolNames), { home }) });
  const run = (command: string, ...rest: string[]): Promise<number> => runAttended(npmProgram(command), rest, { cwd: PROJECT_ROOT, env });
  const checks = args.length === 0 ? [run("eslint", "."), run("tsc", "--noEmit")] : [];
  const codes = await Promise.all([...checks, run("vitest", "run", ...args)]);
  process.exitCode = codes.find((code) => code !== 0) ?? 0;
}

function npmProgram(name: string): string {
  const local = join(PROJECT_ROOT, "node_modules", ".bin", name);
  return existsSync(local) ? local : name;
}
