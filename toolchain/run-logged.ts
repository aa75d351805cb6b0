import { UserError } from "./errors.ts";
import type { Log } from "./log.ts";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Told of each line of output, for a progress display. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a command with all of its output in the log.
 * @throws UserError `command-failed` with the last lines and the log's file name
 */
export async function runLogged(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  const { cwd, env, log, onLine } = options;
  const { execa } = await import("execa");
  log.write(`$ ${[command, ...args].join(" ")}\n`);
  const child = execa(command, args, { cwd, env, stdin: "ignore", all: true, buffer: false, reject: false });
  for await (const line of child.iterable({ from: "all" })) {
    log.write(`${line}\n`);
    onLine?.(line);
  }
  const result = await child;
  if (!result.failed) return;
  const how = result.code === "ENOENT" ? "is not installed" : `failed (${result.shortMessage})`;
  throw new UserError(
    "command-failed",
    `${command} ${how}. The last lines:\n\n${log.tail()}\n\nAll of it: ${log.file}`,
    { cause: result },
  );
}
