import { existsSync } from "node:fs";
import { join } from "node:path";
import { toolEnvironment } from "../engine/session.ts";
import { guildnetHome } from "../home.ts";
import { PROJECT_ROOT } from "../project.ts";
import { runAttended } from "../run-attended.ts";
import { toolNames, toolsNamed } from "../tools/index.ts";
import { requireTools } from "../tools/require-tools.ts";

/** Lint, types, then every test; the first that fails decides the exit code. Arguments narrow it to vitest with them. */
export async function testCommand(args: readonly string[]): Promise<void> {
  const home = guildnetHome();
  const env = toolEnvironment({ home, tools: await requireTools(toolsNamed(toolNames), { home }) });
  const checks = [["eslint", "."], ["tsc", "--noEmit"]];
  const steps = [...(args.length === 0 ? checks : []), ["vitest", "run", ...args]];
  for (const [command = "", ...rest] of steps) {
    const code = await runAttended(npmProgram(command), rest, { cwd: PROJECT_ROOT, env });
    if (code === 0) continue;
    process.exitCode = code;
    return;
  }
}

function npmProgram(name: string): string {
  const local = join(PROJECT_ROOT, "node_modules", ".bin", name);
  return existsSync(local) ? local : name;
}
