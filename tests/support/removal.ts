import { rmSync } from "node:fs";
import { removeExample } from "./example.ts";
import { allStackFiles, guildnet, testStacks } from "./guildnet.ts";

/** Removes every stack that tests make, with its data. */
export async function removeTestStacks(): Promise<void> {
  await removeExample();
  for (const name of testStacks) {
    const { exitCode, all } = await guildnet("destroy", ["--data"], name);
    if (exitCode !== 0) throw new Error(`the stack ${name} of the tests could not be removed:\n${all}`);
  }
  rmSync(allStackFiles, { recursive: true, force: true });
}
