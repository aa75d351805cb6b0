import { guildnetHome, type Home } from "../home.ts";
import { withLock } from "../lock.ts";
import { openLog } from "../log.ts";
import { isOffline } from "../offline.ts";
import type { InstallContext, InstalledTool, Tool } from "./tool.ts";

/** Two builds at a time: more would need more memory than a small machine has. */
const AT_ONCE = 2;

export interface RequireOptions {
  readonly home?: Home;
  readonly offline?: boolean;
}

/**
 * Makes the tools ready that are not, with progress on stderr, and says where each is.
 * When all are there it starts no process and prints nothing.
 * @throws UserError of the tool that could not be made ready, after the others have ended
 */
export async function requireTools(
  tools: readonly Tool[],
  options: RequireOptions = {},
): Promise<Record<string, InstalledTool>> {
  const { home = guildnetHome(), offline = isOffline() } = options;
  const missing = tools.filter((tool) => tool.find(home) === undefined);
  if (missing.length > 0) {
    const { runSteps } = await import("../progress.ts");
    await runSteps(
      missing.map((tool) => ({
        title: tool.title,
        run: (report: (activity: string) => void) =>
          installLocked(tool, { home, offline, report, log: openLog(home, tool.name) }),
      })),
      AT_ONCE,
    );
  }
  return Object.fromEntries(tools.map((tool) => [tool.name, found(tool, home)]));
}

/** Installs a tool unless another run has done so while this one waited. */
export async function installLocked(tool: Tool, context: InstallContext): Promise<void> {
  const { home, report } = context;
  const install = async () => {
    if (tool.find(home) === undefined) await tool.install(context);
  };
  await withLock(home, `tool-${tool.name}`, install, () => report("waiting for another run that installs it"));
}

function found(tool: Tool, home: Home): InstalledTool {
  const installed = tool.find(home);
  if (installed === undefined) throw new Error(`${tool.name} was installed and is not there`);
  return installed;
}
