import { execa } from "execa";
import { DEFAULT_MAX_BYTES, DEFAULT_MILLISECONDS } from "./place.ts";
import type { Place } from "./place.ts";

/** This machine, as whoever this process is. @param env beside this process's own */
export function localPlace(radHome: string, env: Readonly<Record<string, string | undefined>> = {}): Place {
  return {
    radHome,
    async run([program, ...args], options = {}) {
      const { stdin = "", maxBytes = DEFAULT_MAX_BYTES, milliseconds = DEFAULT_MILLISECONDS } = options;
      const ended = await execa(program, args, {
        input: stdin,
        env: { LC_ALL: "C.UTF-8", ...env, GIT_TERMINAL_PROMPT: "0", ...options.env, RAD_HOME: radHome },
        cwd: radHome,
        reject: false,
        stripFinalNewline: false,
        maxBuffer: maxBytes,
        timeout: milliseconds,
      });
      // Of one that didn't begin, or was ended, there is nothing but the library's word.
      const { exitCode, stdout, stderr, isMaxBuffer, shortMessage } = ended;
      return {
        exitCode,
        stdout,
        stderr: exitCode === undefined ? `${shortMessage}\n${stderr}` : stderr,
        isCut: isMaxBuffer,
      };
    },
  };
}
