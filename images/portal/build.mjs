// Builds images/portal/dist: each server as one file, and the pages. The same input gives the same bytes.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build as bundle } from "esbuild";
import { build as buildPages } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** The guild's handbook, which agents in workspaces read. */
const DOCS = join(here, "..", "..", "docs");

/** Folders of images/sidecars, whose programs are in this image. */
const SIDECARS = [
  "alerts",
  "git-events",
  "model-gateway",
  "radicle-people",
  "registry-tokens",
  "registry-collector",
  "certificate-check",
  "volume-copy",
];

/** What the image starts, by their names. */
export const PROGRAMS = {
  server: "main.ts",
  ...Object.fromEntries(SIDECARS.map((name) => [name, `../sidecars/${name}/main.ts`])),
};

/** Bundled CommonJS packages call `require` for Node's own modules; a module has none until it makes one. */
const REQUIRE_BANNER = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/** Builds everything into `dist/`, replacing what is there. */
export async function build() {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([buildServer(), buildUi(), buildDocs()]);
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
  await inProduction(() => buildPages({ ...config, build: { ...config.build, outDir } }));
  await compress(join(outDir, "assets"));
}

/** Pages of Markdown as one file; pictures are left out. */
async function buildDocs() {
  const names = (await readdir(DOCS, { recursive: true })).filter((name) => name.endsWith(".md")).sort();
  const pages = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(DOCS, name), "utf8");
      return { page: name.split(sep).join("/"), title: /^# (.*)$/m.exec(text)?.[1] ?? name, text };
    }),
  );
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, "docs.json"), JSON.stringify(pages));
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

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
