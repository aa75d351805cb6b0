/** `before` and `after` several runs of tests that make up one: `together.ts before <census file>`, `together.ts after`. */
import { writeFileSync } from "node:fs";
import { census } from "./census.ts";
import { removeTestStacks } from "./removal.ts";

const [moment, file] = process.argv.slice(2);
await removeTestStacks();
if (moment === "before" && file !== undefined) writeFileSync(file, JSON.stringify(await census()));
