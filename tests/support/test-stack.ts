import { rmSync } from "node:fs";
import { census, type Census } from "./census.ts";
import { removeExample } from "./example.ts";
import { guildnet, stackFiles } from "./guildnet.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** This machine before the tests' stack was made. */
    before: Census;
  }
}

/** Starts from nothing, whatever an earlier run left, and leaves nothing. */
export async function setup({ provide }: { provide: (key: "before", value: Census) => void }): Promise<() => Promise<void>> {
  await removeAll();
  provide("before", await census());
  return removeAll;
}

async function removeAll(): Promise<void> {
  await removeExample();
  for (const name of ["test", "cold", "refused"]) {
    const { exitCode, all } = await guildnet("destroy", ["--data"], name);
    if (exitCode !== 0) throw new Error(`the stack ${name} of the tests could not be removed:\n${all}`);
  }
  rmSync(stackFiles, { recursive: true, force: true });
}
