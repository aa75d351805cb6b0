import { readFileSync, readlinkSync } from "node:fs";

/** One run of one process: its id alone may be another one's later. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks after the boot at which it began. */
  readonly started: string;
  /** The kernel it runs on, by this boot. */
  readonly boot: string;
  /** The namespace its id counts in: containers of one machine share its boot. */
  readonly namespace: string;
}

/** @returns undefined where it is gone */
export function markOf(pid: number): ProcessMark | undefined {
  const started = startOf(pid);
  return started === undefined ? undefined : { pid, started, boot: bootId(), namespace: pidNamespace() };
}

/** Whether that very process still runs; undefined where that can't be seen from here: on another machine, or in another container. */
export function isAlive({ pid, started, boot, namespace }: ProcessMark): boolean | undefined {
  if (boot !== bootId() || namespace !== pidNamespace()) return undefined;
  return startOf(pid) === started;
}

function startOf(pid: number): string | undefined {
  try {
    // What comes before the last bracket is the program's name, which may have anything in it.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" || state === "X" ? undefined : fields[18];
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const pidNamespace = (): string => readlinkSync("/proc/self/ns/pid");
