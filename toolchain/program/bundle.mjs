// TypeScript as files that Node runs, made again only when one of the sources changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Read rather than asked of esbuild itself, whose loading most runs can do without. */
const { version: bundlerVersion } = createRequire(import.meta.url)("esbuild/package.json");

/**
 * What stands in the cache beside a bundle: what made it, the hash of each file that went into it, and the names of
 * those that came out of it.
 * @typedef {{ bundler: string, inputs: Record<string, string>, outputs: string[] }} Stamp
 */

/**
 * Bundles TypeScript, packages left out, unless its bundle is there and as new as its sources.
 * Safe for two runs at once: each writes files of its own and renames them.
 * @param {string} folder the project's
 * @param {string} entry relative to the folder
 * @param {{ split?: boolean }} [options] `split` keeps what is imported late in files of its own, which are read then.
 *   Such a bundle runs where it is; without, it is one file, to be loaded in the entry's place.
 * @returns {Promise<string>} path of the entry's bundle, below the project's node_modules
 * @throws where a source can't be read as TypeScript; the message says where
 */
export async function bundleOf(folder, entry, { split = false } = {}) {
  const cache = join(folder, "node_modules", ".guildnet-build", basename(entry));
  const file = join(cache, "main.mjs");
  const stamp = join(cache, "stamp.json");
  // Where it is made counts: a folder that was moved, or shares its packages with another, gets a bundle of its own.
  const bundler = `${bundlerVersion} ${digest(import.meta.dirname, "bundle.mjs")} ${folder}`;
  if (isFresh({ folder, cache, stamp, bundler })) return file;
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: "inline",
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: "silent",
    outdir: cache,
    entryNames: "main",
    outExtension: { ".js": ".mjs" },
    ...(split ? { splitting: true, plugins: [whereItStands] } : {}),
  });
  const inputs = Object.fromEntries(
    ["tsconfig.json", ...Object.keys(metafile.inputs)].map((path) => [path, digest(folder, path)]),
  );
  mkdirSync(cache, { recursive: true });
  // The entry comes last: what it imports is there before it is.
  const outputs = outputFiles.sort((a, b) => Number(a.path === file) - Number(b.path === file));
  for (const { path, contents } of outputs) replace(path, contents);
  replace(stamp, JSON.stringify({ bundler, inputs, outputs: outputs.map(({ path }) => basename(path)) }));
  return file;
}

/** Lets a source that looks for files beside itself find them from its bundle, too. @type {import("esbuild").Plugin} */
const whereItStands = {
  name: "where-it-stands",
  setup({ onLoad }) {
    onLoad({ filter: /\.m?ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)));
      return { contents, loader: "ts" };
    });
  },
};

/** @param {{ folder: string, cache: string, stamp: string, bundler: string }} bundle */
function isFresh({ folder, cache, stamp, bundler }) {
  const found = read(stamp);
  if (found === undefined) return false;
  /** @type {Stamp} */
  const made = JSON.parse(found);
  return (
    made.bundler === bundler &&
    Object.entries(made.inputs).every(([path, expected]) => digest(folder, path) === expected) &&
    made.outputs.every((name) => existsSync(join(cache, name)))
  );
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
