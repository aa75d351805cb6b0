import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ActionableError } from "../errors.ts";

/** One file of a manifest. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

export function readFiles(paths: readonly string[]): ManifestFile[] {
  return paths.map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

/**
 * One's own copy of a manifest.
 *
 * @param path of a file, or of a folder whose .yaml and .yml files count; relative to the project.
 * @throws ActionableError `manifest-missing`.
 */
export function filesAt(path: string): ManifestFile[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new ActionableError("manifest-missing", `there is nothing at ${path}, where the manifest should be`);
  if (!found.isDirectory()) return readFiles([path]);
  const names = readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
  if (names.length === 0) throw new ActionableError("manifest-missing", `the folder ${path} has no .yaml file`);
  return readFiles(names.map((name) => join(path, name)));
}

/** SHA-256 of the files one after the other, as hex digits. */
export function hashOf(files: readonly ManifestFile[]): string {
  return files.reduce((hash, { text }) => hash.update(text), createHash("sha256")).digest("hex");
}
