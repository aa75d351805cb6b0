import { execa } from "execa";
import { DEFAULT_MAX_BYTES, DEFAULT_MILLISECONDS } from "./place.ts";
import type { Place } from "./place.ts";

/** This machine, as whoever this process is. @param env beside this process's own */
export function localPlace(radHome: string, env: Readonly<Record<string, string | undefined>> = {}): Place {
  return {
    radHome,
    async run([program, ...args], options = {}) {
      const { stdin = "", maxBytes = DEFAULT_MAX_BYTES, milliseconds = DEFAULT_MILLISECONDS } = options;
      const running = execa(program, args, {
        input: stdin,
        env: { LC_ALL: "C.UTF-8", ...env, GIT_TERMINAL_PROMPT: "0", ...options.env, RAD_HOME: radHome },
        cwd: radHome,
        reject: false,
        stripFinalNewline: false,
        maxBuffer: maxBytes,
        // A group of its own, to be ended as a whole: what flock, git and rad have started holds their output open.
        detached: true,
      });
      let isLate = false;
      const limit = setTimeout(() => {
        isLate = true;
        endGroup(running.pid);
      }, milliseconds);
      // Of one that didn't begin, or was ended, there is nothing but the library's word.
      const { exitCode, stdout, stderr, isMaxBuffer, shortMessage } = await running.finally(() => clearTimeout(limit));
      const why = isLate ? `it was ended after ${milliseconds} milliseconds` : shortMessage;
      return {
        exitCode: isLate ? undefined : exitCode,
        stdout,
        stderr: isLate || exitCode === undefined ? `${why}\n${stderr}` : stderr,
        isCut: isMaxBuffer,
      };
    },
  };
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
