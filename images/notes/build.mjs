// Builds images/notes/dist: each program as one file, and the pages. The same input gives the same bytes.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build as bundle } from "esbuild";
import { build as buildPages } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** What the image starts, by their names: its server, and what keeps the folders of a workspace. */
export const PROGRAMS = { server: "main.ts", sync: "../sidecars/notes-sync/main.ts" };

/** Bundled CommonJS packages call `require` for Node's own modules; a module has none until it makes one. */
const REQUIRE_BANNER = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/** Builds everything into `dist/`, replacing what is there. */
export async function build() {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([buildServer(), buildUi()]);
}

async function buildServer() {
  await bundle({
    absWorkingDir: here,
    entryPoints: PROGRAMS,
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

/** @param {string} outDir where the pages go; it is emptied first */
export async function buildUi(outDir = join(dist, "ui")) {
  const { default: config } = await import("./ui/vite.config.mjs");
  // Vite takes the NODE_ENV of somebody's shell for a wish.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    await buildPages({ ...config, build: { ...config.build, outDir } });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  await compress(join(outDir, "assets"));
}

async function compress(directory) {
  for (const name of await readdir(directory)) {
    const content = await readFile(join(directory, name));
    const small = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } });
    if (small.length < content.length) await writeFile(join(directory, `${name}.br`), small);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
