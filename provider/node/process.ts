import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
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
  return processes().filter((pid) => namespacePids(pid).length > level && descendsFrom(pid, init));
}

/** Whether it is processes of the node, and no others, that keep a port of an address from being listened on. */
export function hasPort(init: number, address: string, port: number): boolean {
  const taken = listeners().filter(
    (each) => each.port === port && (each.address === address || [each.address, address].includes("0.0.0.0")),
  );
  const own = new Set(
    processes()
      .filter((pid) => pid === init || descendsFrom(pid, init))
      .flatMap(sockets),
  );
  return taken.length > 0 && taken.every(({ inode }) => own.has(inode));
}

/** What listens at addresses of IPv4 in this program's network. https://docs.kernel.org/networking/proc_net_tcp.html */
function listeners(): { address: string; port: number; inode: string }[] {
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (state !== "0A") return [];
      const [address = "", port = ""] = local.split(":");
      // The number as this machine keeps it in memory.
      const bytes = Buffer.from(Uint32Array.of(Number.parseInt(address, 16)).buffer);
      return { address: bytes.join("."), port: Number.parseInt(port, 16), inode };
    });
}

/** Inodes of a process' sockets. */
function sockets(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return whileThere(() => readdirSync(folder), []).flatMap(
    (fd) => /^socket:\[(\d+)\]$/.exec(whileThere(() => readlinkSync(join(folder, fd)), ""))?.[1] ?? [],
  );
}

/** Processes, and what they hold, may go while they are looked at. */
function whileThere<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return otherwise;
    throw error;
  }
}

function processes(): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
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
    return readFileSync(`/proc/${pid}/status`, "utf8")
      .match(new RegExp(`^${name}:\\s*(.*)$`, "m"))?.[1]
      ?.trim();
  } catch {
    return undefined; // gone meanwhile
  }
}
