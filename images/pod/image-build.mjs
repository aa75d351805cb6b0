// How programs and pages of an image are built. The same input gives the same bytes.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build as bundle } from "esbuild";
import { build as buildWithVite } from "vite";

/** Bundled CommonJS packages call `require` for Node's own modules; a module has none until it makes one. */
const REQUIRE_BANNER = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/**
 * Each program as one file in the image's `dist`.
 *
 * @param {string} image its folder
 * @param {Record<string, string>} programs entry points in it by the program's name
 */
export async function buildPrograms(image, programs) {
  await bundle({
    absWorkingDir: image,
    entryPoints: programs,
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Whole names stay: stack traces and error names are what the log has to go by.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: REQUIRE_BANNER },
    logLevel: "warning",
  });
}

/**
 * Pages, and beside each of their files a smaller one for browsers that take it.
 *
 * @param {import("vite").UserConfig} config
 * @param {string} outDir where they go; it is emptied first
 */
export async function buildPages(config, outDir) {
  await inProduction(() => buildWithVite({ ...config, build: { ...config.build, outDir } }));
  await compress(join(outDir, "assets"));
}

/** Vite takes the NODE_ENV of somebody's shell for a wish: of "development" it makes larger pages, with this machine's paths in them. */
async function inProduction(work) {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function compress(directory) {
  for (const name of await readdir(directory)) {
    const content = await readFile(join(directory, name));
    const small = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
    if (small.length < content.length) await writeFile(join(directory, `${name}.br`), small);
  }
}
