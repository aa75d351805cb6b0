import { join } from "node:path";
import { ENGINE_TOOLS, toolsNamed } from "../../toolchain/tools/index.ts";
import { PROJECT_ROOT } from "../../toolchain/project.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { runAttended } from "../../toolchain/run-attended.ts";

/** Runs Kubernetes' own tests on the product's cluster, with everything in place. */
export async function conformanceCommand(args: readonly string[]): Promise<void> {
  if (!args.includes("--help"))
    await requireTools(toolsNamed([...ENGINE_TOOLS, "node-packages", "image-builder", "kubernetes"]));
  process.exitCode = await runAttended(
    process.execPath,
    ["--import", "tsx", join(PROJECT_ROOT, "tests", "conformance", "index.ts"), ...args],
    { cwd: PROJECT_ROOT, env: process.env },
  );
}
