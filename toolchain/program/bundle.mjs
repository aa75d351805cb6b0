// The Pulumi program as one file, made again only when one of its sources changed.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Read rather than asked of esbuild itself, whose loading most runs can do without. */
const { version: bundlerVersion } = createRequire(import.meta.url)("esbuild/package.json");

/** What stands in the cache beside a bundle: what made it, and the hash of each file that went into it. @typedef {{ bundler: string, inputs: Record<string, string> }} Stamp */

/**
 * Bundles a program, packages left out, unless its bundle is there and as new as its sources.
 * Safe for two runs at once: each writes a file of its own and renames it.
 * @param {string} folder the project's
 * @param {string} entry its `main`, relative to the folder
 * @returns {Promise<string>} path of the bundle, below the project's node_modules
 * @throws where a source can't be read as TypeScript; the message says where
 */
export async function programBundle(folder, entry) {
  const cache = join(folder, "node_modules", ".guildnet-build");
  const file = join(cache, `${entry}.mjs`);
  const stamp = join(cache, `${entry}.json`);
  const bundler = `${bundlerVersion} ${digest(import.meta.dirname, "bundle.mjs")}`;
  if (isFresh(folder, stamp, bundler)) return file;
  const { build } = await import("esbuild");
  const { outputFiles: [output], metafile } = await build({
    absWorkingDir: folder, entryPoints: [entry], bundle: true, packages: "external", platform: "node", target: "node20", format: "esm",
    sourcemap: "inline", sourcesContent: false, metafile: true, write: false, outdir: cache, logLevel: "silent",
  });
  const inputs = Object.fromEntries(["tsconfig.json", ...Object.keys(metafile.inputs)].map((path) => [path, digest(folder, path)]));
  mkdirSync(cache, { recursive: true });
  replace(file, output.contents);
  replace(stamp, JSON.stringify({ bundler, inputs }));
  return file;
}

/** @param {string} folder @param {string} stamp @param {string} bundler */
function isFresh(folder, stamp, bundler) {
  const found = read(stamp);
  if (found === undefined) return false;
  /** @type {Stamp} */
  const made = JSON.parse(found);
  return made.bundler === bundler && Object.entries(made.inputs).every(([path, expected]) => digest(folder, path) === expected);
}

/** @param {string} folder @param {string} path */
function digest(folder, path) {
  const content = read(join(folder, path));
  return content === undefined ? "" : createHash("sha256").update(content).digest("hex");
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @param {string} path @param {string | Uint8Array} content */
function replace(path, content) {
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
}
