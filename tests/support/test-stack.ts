import { readFileSync } from "node:fs";
import { census, type Census } from "./census.ts";
import { removeTestStacks } from "./removal.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** This machine before the tests' stacks were made. */
    before: Census;
  }
}

/**
 * Starts from nothing, whatever an earlier run left, and leaves nothing. Where several runs make up one, whoever starts
 * them does so for all (`tests/support/together.ts`), and GUILDNET_TEST_CENSUS names the file that has the census.
 */
export async function setup({
  provide,
}: {
  provide: (key: "before", value: Census) => void;
}): Promise<(() => Promise<void>) | undefined> {
  const taken = process.env.GUILDNET_TEST_CENSUS;
  if (taken !== undefined) {
    provide("before", JSON.parse(readFileSync(taken, "utf8")) as Census);
    return undefined;
  }
  await removeTestStacks();
  provide("before", await census());
  return removeTestStacks;
}
