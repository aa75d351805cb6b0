import { writeFileSync } from "node:fs";
import { stackFileSchemaText } from "./stack-file-schema.ts";

/** `npm run schema`: writes what editors check stack files with. */
const target = new URL("guild.schema.json", import.meta.url);
writeFileSync(target, stackFileSchemaText());
console.log(`wrote ${target.pathname}`);
