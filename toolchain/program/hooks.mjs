// Node's module hooks: in place of one file, its bundle is loaded.
import { readFile } from "node:fs/promises";

/** @type {{ entry: string, bundle: string }} URL of the file, path of the bundle */
let program;

/** @param {typeof program} data */
export function initialize(data) {
  program = data;
}

/** @type {import("node:module").LoadHook} */
export async function load(url, context, next) {
  if (url !== program.entry) return next(url, context);
  return { format: "module", shortCircuit: true, source: await readFile(program.bundle) };
}
