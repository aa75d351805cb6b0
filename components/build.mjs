// Builds the package: the components as JavaScript with types, and beside them the plugin that serves
// their resources, so that one line in a stack's Pulumi.yaml finds it: `path: node_modules/guildnet/dist/plugin`.
import { execFileSync } from "node:child_process";
import { cp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = import.meta.dirname;
const provider = join(here, "..", "provider");
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

await rm(join(here, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [compiler, "-p", join(here, "tsconfig.build.json")], { stdio: "inherit" });
// What was built before its sources changed would be packed as it is.
execFileSync(process.execPath, [join(here, "..", "toolchain", "build.mjs")], { stdio: "inherit" });
for (const entry of ["dist", "pulumi-resource-guildnet"]) {
  await cp(join(provider, entry), join(here, "dist", "plugin", entry), { recursive: true });
}
