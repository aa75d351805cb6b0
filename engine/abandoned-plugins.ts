import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isRunningEngine, type IsEngine } from "./recovery.ts";

/**
 * Ends plugins whose engine was killed: a plugin in the middle of an operation may wait for the cluster for minutes,
 * and would go on changing it beside the next run.
 * @param program path of the plugin's program, links resolved
 * @returns a line for each
 */
export function endAbandonedPlugins(program: string, isEngine: IsEngine = isRunningEngine): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const parent = ifRunning(() => (readlinkSync(`/proc/${pid}/exe`) === program ? parentOf(pid) : undefined));
      return parent !== undefined && !isEngine(parent);
    })
    .map((pid) => {
      ifRunning(() => process.kill(pid, "SIGKILL"));
      return `Ended a plugin of a run that was killed (process ${pid}).`;
    });
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Kernel threads and other people's processes have no program to see; processes end while they are looked at. */
function ifRunning<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
