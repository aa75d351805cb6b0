import { accessSync, constants, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Source } from "./source.ts";

/** A program of the machine, and what makes it suitable. */
export interface MachineProgram {
  readonly program: string;
  /** Arguments that make it print its version. */
  readonly args: readonly string[];
  readonly accepts: (output: string) => boolean;
}

/** What is on the PATH already, linked into the tool's `bin/`. All of the programs have to be suitable: halves of two releases don't mix. */
export function machineSource(programs: readonly MachineProgram[]): Source {
  return {
    kind: "machine",
    async available() {
      if (!programs.every(({ program }) => findProgram(program) !== undefined)) return false;
      const { execa } = await import("execa");
      const outputs = await Promise.all(
        programs.map(({ program, args }) => execa(program, args, { reject: false, all: true })),
      );
      return programs.every(({ accepts }, index) => accepts(outputs[index]?.all ?? ""));
    },
    async provide(folder) {
      mkdirSync(join(folder, "bin"), { recursive: true });
      for (const { program } of programs) symlinkSync(findProgram(program) ?? program, join(folder, "bin", program));
    },
  };
}

/** Absolute path of an executable on the PATH. */
export function findProgram(program: string, path: string = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
