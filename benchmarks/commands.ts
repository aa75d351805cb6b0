import { readFileSync, statSync } from "node:fs";
import { execa, type Subprocess } from "execa";
import { UserError } from "../toolchain/errors.ts";
import type { Log } from "../toolchain/log.ts";

/** Longest time any one command may take, unless said otherwise. */
const LIMIT_MS = 15 * 60_000;
/** How long a command that ran over may take to end well: an engine finishes the operation it is in. */
const GRACE_MS = 60_000;

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly limitMs?: number;
  /** What its output must hold, so that nothing is measured under a wrong name. */
  readonly expects?: string;
}

/** Runs commands one after the other, with all of their output in one log, and says how long each took. */
export class Commands {
  readonly #log: Log;
  readonly #running = new Set<Pick<Subprocess, "kill">>();
  #interrupted = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Wall-clock seconds of a command that must end well. @throws UserError `bench-command-failed`, `bench-interrupted` */
  async seconds(
    command: string,
    args: readonly string[],
    { cwd, env, input, limitMs = LIMIT_MS, expects }: CommandOptions,
  ): Promise<number> {
    this.#stopIfInterrupted();
    this.#log.write(`\n$ ${[command, ...args].join(" ")}\n`);
    const written = statSync(this.#log.file).size;
    const output = { file: this.#log.file, append: true };
    const start = performance.now();
    const child = execa(command, args, {
      cwd,
      env,
      extendEnv: false,
      reject: false,
      buffer: false,
      timeout: limitMs,
      forceKillAfterDelay: GRACE_MS,
      input: input ?? "",
      stdout: output,
      stderr: output,
    });
    this.#running.add(child);
    const result = await child;
    const seconds = (performance.now() - start) / 1000;
    this.#running.delete(child);
    this.#stopIfInterrupted();
    if (result.failed) throw this.#failure(result.shortMessage ?? `${command} failed`);
    if (expects !== undefined && !readFileSync(this.#log.file).subarray(written).includes(expects))
      throw this.#failure(`The output does not say ${JSON.stringify(expects)}.`);
    return seconds;
  }

  /**
   * Lets the running command end, and starts no other. Ctrl-C reaches it by itself; a second
   * signal would make an engine give up in the middle, so only SIGTERM is passed on.
   */
  interrupt(signal: NodeJS.Signals): void {
    this.#interrupted = true;
    if (signal === "SIGTERM") for (const child of this.#running) child.kill("SIGTERM");
  }

  /** From here on commands run again: those that clean up. */
  resume(): void {
    this.#interrupted = false;
  }

  #failure(what: string): UserError {
    return new UserError("bench-command-failed", `${what}\n\n${this.#log.tail()}\n\nAll of it: ${this.#log.file}`);
  }

  #stopIfInterrupted(): void {
    if (this.#interrupted) throw new UserError("bench-interrupted", "Interrupted.");
  }
}
