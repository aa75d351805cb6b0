/** `before` and `after` several runs of tests that make up one: `together.ts before <census file>`, `together.ts after`. */
import { writeFileSync } from "node:fs";
import { ensureImage, hasImage } from "../../toolchain/images/index.ts";
import { guildReferences } from "../../toolchain/images/recipes.ts";
import { runSteps, type Step } from "../../toolchain/progress.ts";
import { census } from "./census.ts";
import { removeTestStacks } from "./removal.ts";

/** Go's programs are compiled one after another; meanwhile others are fetched, and laid out. */
const AT_ONCE = 3;

const [moment, file] = process.argv.slice(2);
await removeTestStacks();
if (moment === "before" && file !== undefined) {
  // On a bare machine: while tests run beside it, a build would take their time and they its.
  const missing: Step[] = [];
  for (const reference of guildReferences())
    if (!(await hasImage(reference)))
      missing.push({ title: reference, run: async (log) => void (await ensureImage({ reference, log })) });
  if (missing.length > 0) await runSteps(missing, AT_ONCE);
  writeFileSync(file, JSON.stringify(await census()));
}
