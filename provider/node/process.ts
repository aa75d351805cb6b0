import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const initFile = z.object({ pid: z.number(), startTime: z.number(), bootId: z.string() });

/** The node's first process as this machine numbers it, or nothing when the node is not running. */
export function initProcess(folder: string): number | undefined {
  const path = join(folder, "run", "init.json");
  if (!existsSync(path)) return undefined;
  const init = initFile.safeParse(json(readFileSync(path, "utf8"))).data;
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return init?.bootId === bootId && startTimeOf(init.pid) === init.startTime ? init.pid : undefined;
}

/** The file appears whole; a power cut can still leave it empty, and then its process is gone too. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Ticks from boot to the start of a process, which with its number identifies it; nothing when it is gone or a zombie. */
export function startTimeOf(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // no such process
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : Number(fields[19]);
}

/** The processes of a node's containers: those below its first process that have a process namespace of their own. */
export function containerProcesses(init: number): number[] {
  const level = namespacePids(init).length;
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => namespacePids(pid).length > level && descendsFrom(pid, init));
}

/** A process' numbers in each namespace it is in, outermost first. */
function namespacePids(pid: number): string[] {
  return statusField(pid, "NSpid")?.split(/\s+/) ?? [];
}

function descendsFrom(pid: number, ancestor: number): boolean {
  for (let current = pid; current > 1; current = Number(statusField(current, "PPid") ?? 0)) {
    if (current === ancestor) return true;
  }
  return false;
}

function statusField(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`^${name}:\\s*(.*)$`, "m"))?.[1]?.trim();
  } catch {
    return undefined; // gone meanwhile
  }
}
