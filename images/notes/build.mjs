// Builds images/notes/dist: each program as one file, and the pages. The same input gives the same bytes.
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildPages, buildPrograms } from "../pod/image-build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** What the image starts, by their names: its server, and what keeps the folders of a workspace. */
export const PROGRAMS = { server: "main.ts", sync: "../sidecars/notes-sync/main.ts" };

/** Builds everything into `dist/`, replacing what is there. */
export async function build() {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([buildPrograms(here, PROGRAMS), buildUi()]);
}

/** @param {string} outDir where the pages go; it is emptied first */
export async function buildUi(outDir = join(dist, "ui")) {
  const { default: config } = await import("./ui/vite.config.mjs");
  await buildPages(config, outDir);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build();
