/** `before` and `after` several runs of tests that make up one: `together.ts before <census file>`, `together.ts after`. */
import { writeFileSync } from "node:fs";
import { ensureImage, hasImage } from "../../toolchain/images/index.ts";
import { knownReferences } from "../../toolchain/images/recipes.ts";
import { census } from "./census.ts";
import { removeTestStacks } from "./removal.ts";

const [moment, file] = process.argv.slice(2);
await removeTestStacks();
if (moment === "before" && file !== undefined) {
  // On a bare machine: while tests run beside it, a build would take their time and they its.
  for (const reference of knownReferences()) {
    if (await hasImage(reference)) continue;
    process.stderr.write(`Making ${reference} …\n`);
    await ensureImage({ reference });
  }
  writeFileSync(file, JSON.stringify(await census()));
}
