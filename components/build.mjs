// Builds the package: the components as JavaScript with types, and beside them the plugin that serves
// their resources, so that one line in a stack's Pulumi.yaml finds it: `path: node_modules/guildnet/dist/plugin`.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = import.meta.dirname;
const provider = join(here, "..", "provider");
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

await rm(join(here, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [compiler, "-p", join(here, "tsconfig.build.json")], { stdio: "inherit" });
if (!existsSync(join(provider, "dist"))) throw new Error("the provider isn't built yet: run `npm run build` in the project first");
for (const entry of ["dist", "pulumi-resource-guildnet"]) {
  await cp(join(provider, entry), join(here, "dist", "plugin", entry), { recursive: true });
}
