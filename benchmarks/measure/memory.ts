import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** MiB that a cluster's processes have: the sum of their proportional set sizes, from the first one's down. */
export function memoryOfCluster(folder: string): number {
  const { pid } = JSON.parse(readFileSync(join(folder, "run", "init.json"), "utf8")) as { pid: number };
  const parents = new Map(
    readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map((entry) => [Number(entry), parentOf(entry)]),
  );
  const isBelow = (process: number): boolean =>
    process === pid || (parents.get(process) !== undefined && isBelow(parents.get(process)!));
  return [...parents.keys()].filter(isBelow).reduce((sum, process) => sum + proportionalKiB(process), 0) / 1024;
}

/** Undefined of the first process of all, and of one that ended meanwhile. */
function parentOf(pid: string): number | undefined {
  const parent = /^PPid:\s+(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1];
  return parent === undefined || parent === "0" ? undefined : Number(parent);
}

function proportionalKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
