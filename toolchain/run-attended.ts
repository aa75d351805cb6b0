import { spawn, type StdioOptions } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";

export interface AttendedOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** @default "inherit" */
  readonly stdio?: StdioOptions;
  /** Gets the process's id as soon as there is one. */
  readonly onStart?: (pid: number) => void;
  /** Whether the kernel ends it should this process be killed: nobody sees how it ends then. @default false */
  readonly endsWithUs?: boolean;
}

/** Of util-linux, which every distribution has; it becomes the program that it starts. */
const SETPRIV = "/usr/bin/setpriv";

/**
 * Runs a program with this terminal and returns its exit code. Ctrl-C reaches it by itself: this
 * process only has to outlive it, to see how it ends. A SIGTERM is passed on.
 */
export function runAttended(
  command: string,
  args: readonly string[],
  { stdio = "inherit", onStart, endsWithUs = false, ...options }: AttendedOptions,
): Promise<number> {
  settleStreams();
  const line = [...(endsWithUs && existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL"] : []), command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(line[0] ?? command, line.slice(1), { ...options, stdio });
    if (child.pid !== undefined) onStart?.(child.pid);
    const forward = () => child.kill("SIGTERM");
    const outlive = () => {};
    process.on("SIGINT", outlive);
    process.on("SIGTERM", forward);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.off("SIGINT", outlive);
      process.off("SIGTERM", forward);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * When Node first looks at a pipe or socket that it may write to, it makes it non-blocking, and with it what a program
 * has inherited of it: writes of that program fail then, and output is lost. Later looks change nothing, and what
 * Node starts gets it as it was.
 */
export function settleStreams(): void {
  for (const name of ["stdout", "stderr"] as const) void process[name].writable;
}
