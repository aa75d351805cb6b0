import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { dirname, join } from "node:path";

const running = new Set<ChildProcess>();

/** Beside this program, which is one file. */
const preload = join(dirname(process.argv[1] ?? ""), "preload.cjs");

/** MiB of each half of the heap's young part. A program's values live for one resource: with Node's 16 they are copied several times. */
const YOUNG_MIB = 64;

/** Starts Node with `args`. The child is stopped when this host stops, however that comes about. */
export function startNode(args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(process.execPath, [`--max-semi-space-size=${YOUNG_MIB}`, "--require", preload, ...args], options);
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Asks one child to stop, and kills it when it has not after five seconds. */
export function stopChild(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
  kill.unref();
  child.once("close", () => clearTimeout(kill));
}

/** Asks every child to stop: what the engine's `Cancel` means. */
export function interruptChildren(): void {
  for (const child of running) stopChild(child, "SIGINT");
}

/** Kills every child at once: the engine is gone, nobody is left to be told anything. */
export function killChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}
