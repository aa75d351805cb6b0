import { join } from "node:path";
import { toolEnvironment } from "../../engine/session.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import { runAttended } from "../../toolchain/run-attended.ts";
import { toolNames, toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";

/** Runs the benchmarks with everything in place, so that none of them measures an installation. */
export async function benchCommand(args: readonly string[]): Promise<void> {
  const home = guildnetHome();
  const env = toolEnvironment({
    home,
    tools: await requireTools(toolsNamed(toolNames), { home }),
    toolchainCommand: TOOLCHAIN_CLI,
    env: process.env,
  });
  process.exitCode = await runAttended(
    process.execPath,
    ["--import", "tsx", join(PROJECT_ROOT, "benchmarks", "index.ts"), ...args],
    { cwd: PROJECT_ROOT, env },
  );
}
