// Lets Node run index.ts, whatever starts it: `node --import ./toolchain/program/loader.mjs` in the project's folder.
// Bundled, since compiling each of its files as it is imported costs a second of every run.
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleOf } from "./bundle.mjs";

const entry = "index.ts";
const folder = process.cwd();
register("./hooks.mjs", import.meta.url, {
  data: { entry: pathToFileURL(join(folder, entry)).href, bundle: await bundleOf(folder, entry) },
});
