import { rmSync } from "node:fs";
import { removeExample } from "./example.ts";
import { allStackFiles, guildnet, testStacks } from "./guildnet.ts";

/** Removes every stack that tests make, with its data. */
export async function removeTestStacks(): Promise<void> {
  await Promise.all([removeExample(), ...testStacks.map(removeStack)]);
  rmSync(allStackFiles, { recursive: true, force: true });
}

async function removeStack(name: string): Promise<void> {
  const { exitCode, all } = await guildnet("destroy", ["--data"], name);
  if (exitCode !== 0) throw new Error(`the stack ${name} of the tests could not be removed:\n${all}`);
}
