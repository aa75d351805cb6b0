// Builds what runs as JavaScript: the provider, the policy pack, the notes and the portal. Each is built
// again only when one of its inputs changed; `npm install` runs this, and so does every verb.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamps = join(root, "node_modules", ".guildnet-build");
const generated = new Set(["dist", "node_modules"]);

const parts = {
  provider: { source: "provider", build: buildProvider },
  policy: { source: "policy", beside: ["components/kube"], build: buildPolicy },
  notes: { source: "images/notes", beside: ["events", "images/pod", "images/sidecars/notes-sync"], build: buildNotes },
  portal: { source: "images/portal", beside: ["docs", "events", "images/pod", "images/sidecars"], build: buildPortal },
};

/** @returns names of the parts that were built. */
export async function buildParts() {
  const lock = hash([await readFile(join(root, "package-lock.json"))]);
  const results = await Promise.allSettled(
    Object.entries(parts).map(async ([name, part]) => {
      const wanted = hash([
        lock,
        await readFile(fileURLToPath(import.meta.url)),
        ...(await Promise.all([part.source, ...(part.beside ?? [])].map(contents))).flat(),
      ]);
      const stamp = join(stamps, name);
      const isBuilt =
        existsSync(join(root, part.source, "dist")) && (await readFile(stamp, "utf8").catch(ifMissing)) === wanted;
      if (isBuilt) return [];
      await part.build();
      await mkdir(stamps, { recursive: true });
      await writeFile(`${stamp}.${process.pid}`, wanted);
      await rename(`${stamp}.${process.pid}`, stamp);
      return [name];
    }),
  );
  const failed = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  if (failed.length > 0) throw new AggregateError(failed, failed.map(({ message }) => message).join("\n"));
  return results.flatMap(({ value }) => value);
}

async function buildProvider() {
  const { build: bundle } = await import("esbuild");
  const dist = join(root, "provider", "dist");
  await rm(dist, { recursive: true, force: true });
  await bundle({
    absWorkingDir: root,
    entryPoints: ["provider/plugin.ts"],
    outdir: "provider/dist",
    outExtension: { ".js": ".mjs" },
    // What is imported late, a cluster's client, stays out of what every start reads.
    splitting: true,
    bundle: true,
    minifySyntax: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Bundled CommonJS needs a `require`, which modules lack.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; import { fileURLToPath as __fileURLToPath } from "node:url"; const require = __createRequire(import.meta.url); const __filename = __fileURLToPath(import.meta.url); const __dirname = __fileURLToPath(new URL(".", import.meta.url));',
    },
    external: ["node-gyp/bin/node-gyp.js", "typescript", "ts-node"],
    logLevel: "error",
  });
  await cp(join(root, "provider", "node", "scripts"), join(dist, "scripts"), { recursive: true });
}

async function buildPolicy() {
  const { build: bundle } = await import("esbuild");
  await bundle({
    absWorkingDir: root,
    entryPoints: ["policy/src/index.ts"],
    outfile: "policy/dist/index.js",
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@pulumi/*"],
    logLevel: "error",
  });
}

async function buildPortal() {
  const { build: buildImage } = await import("../images/portal/build.mjs");
  await buildImage();
}

async function buildNotes() {
  const { build: buildImage } = await import("../images/notes/build.mjs");
  await buildImage();
}

async function contents(path) {
  const files = (await filesBelow(join(root, path))).sort();
  return (await Promise.all(files.map(async (file) => [file.slice(root.length), await readFile(file)]))).flat();
}

async function filesBelow(directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  const nested = await Promise.all(
    entries
      .filter(({ name }) => !generated.has(name))
      .map((entry) => {
        const path = join(directory, entry.name);
        return entry.isDirectory() ? filesBelow(path) : [path];
      }),
  );
  return nested.flat();
}

function hash(values) {
  const digest = createHash("sha256");
  for (const value of values) digest.update(`${value.length}:`).update(value);
  return digest.digest("hex");
}

function ifMissing(error) {
  if (error.code === "ENOENT") return undefined;
  throw error;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = await buildParts();
  if (built.length > 0) process.stderr.write(`built ${built.join(", ")}\n`);
}
