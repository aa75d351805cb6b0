import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { toolNames, toolsNamed } from "../../toolchain/tools/index.ts";

/** Prints, as the last line of stdout, one JSON object: tool → version and absolute path. */
export async function requireCommand(names: readonly string[]): Promise<void> {
  const tools = toolsNamed(names.length === 0 ? toolNames : names);
  process.stdout.write(`${JSON.stringify(await requireTools(tools))}\n`);
}
