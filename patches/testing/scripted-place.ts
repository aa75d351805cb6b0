import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Argv, Place, Ran, RunOptions } from "../place.ts";

/** What the real programs said, recorded of rad 0.23.0 (radicle 0.25.1) and git 2.39. */
export function recorded(name: string): string {
  return readFileSync(join(import.meta.dirname, "../fixtures", name), "utf8");
}

export interface Asked {
  readonly argv: Argv;
  readonly stdin: string | undefined;
}

export interface ScriptedPlace extends Place {
  readonly asked: Asked[];
}

/** Answers a program by the words that are among its arguments; what nobody wrote an answer for ends badly. */
export function scriptedPlace(
  answers: readonly (readonly [
    words: string,
    answer: string | Partial<Ran> | ((argv: Argv, options?: RunOptions) => string),
  ])[],
): ScriptedPlace {
  const asked: Asked[] = [];
  return {
    radHome: "/home/guild/.radicle",
    asked,
    async run(argv, options) {
      asked.push({ argv, stdin: options?.stdin });
      const line = argv.join(" ");
      const answer = answers.find(([words]) => line.includes(words))?.[1] ?? { exitCode: 127, stderr: "no answer" };
      const ran = typeof answer === "function" ? answer(argv, options) : answer;
      const ok: Ran = { exitCode: 0, stdout: "", stderr: "", isCut: false };
      return typeof ran === "string" ? { ...ok, stdout: ran } : { ...ok, ...ran };
    },
  };
}
