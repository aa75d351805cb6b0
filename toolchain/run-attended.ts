import { spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";

export interface AttendedOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** @default "inherit" */
  readonly stdio?: StdioOptions;
  /** Gets the process's id as soon as there is one. */
  readonly onStart?: (pid: number) => void;
}

/**
 * Runs a program with this terminal and returns its exit code. Ctrl-C reaches it by itself: this
 * process only has to outlive it, to see how it ends. A SIGTERM is passed on.
 */
export function runAttended(command: string, args: readonly string[], { stdio = "inherit", onStart, ...options }: AttendedOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio });
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
