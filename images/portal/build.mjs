// Builds images/portal/dist: each server as one file, and the pages. The same input gives the same bytes.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildPages, buildPrograms } from "../pod/image-build.mjs";

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

/** Builds everything into `dist/`, replacing what is there. */
export async function build() {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([buildPrograms(here, PROGRAMS), buildUi(), buildDocs()]);
}

/** @param {string} outDir where the pages go; it is emptied first */
export async function buildUi(outDir = join(dist, "ui")) {
  const { default: config } = await import("./ui/vite.config.mjs");
  await buildPages(config, outDir);
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

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
