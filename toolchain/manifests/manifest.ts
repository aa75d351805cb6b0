import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import type { Archive } from "../versions.ts";
import { goModule } from "./go-module.ts";
import { releaseAsset } from "./release-asset.ts";

/** Where an upstream project's manifest is, fixed by hash. */
export interface ManifestSource {
  /** Go module and version: `github.com/x/y@v1.2.3`. */
  readonly module: string;
  /** Paths in the module; `*` stands for any characters of a file's name. */
  readonly files: readonly string[];
  /** Of the files' contents one after the other, sorted by path: `cat FILES | sha256sum`. */
  readonly sha256: string;
  /** The same as one file of a release, for where there is no Go. Its hash is its own: upstream generates it. */
  readonly release?: Archive;
}

export interface ManifestContext {
  readonly home: Home;
  readonly offline: boolean;
  readonly report: (activity: string) => void;
}

/**
 * Absolute paths of a manifest's files: the release's where it can be had, else the module's. Both are kept in
 * the caches, and held against their hash each time.
 * @throws UserError `download-failed`, `checksum-mismatch`, `manifest-incomplete`, `go-missing`
 */
export async function manifestFiles(source: ManifestSource, context: ManifestContext): Promise<readonly string[]> {
  const { home, offline, report } = context;
  if (!offline && source.release !== undefined) {
    const file = await releaseAsset(source.release, home, report);
    if (file !== undefined) return [file];
  }
  const folder = await goModule(source.module, home, report);
  const files = [...new Set(source.files.flatMap((pattern) => found(folder, pattern, source.module)))].sort();
  const sha256 = files.reduce((hash, file) => hash.update(readFileSync(file)), createHash("sha256")).digest("hex");
  if (sha256 === source.sha256) return files;
  throw new UserError(
    "checksum-mismatch",
    `${source.files.join(", ")} of ${source.module} are not what was pinned: their SHA-256 is ${sha256}, not ${source.sha256}. Nothing was applied.`,
  );
}

function found(folder: string, pattern: string, module: string): string[] {
  const below = join(folder, dirname(pattern));
  const files = existsSync(below)
    ? readdirSync(below).filter((name) => matches(name, pattern.split("/").at(-1) ?? ""))
    : [];
  if (files.length === 0) throw new UserError("manifest-incomplete", `${module} has no file ${pattern}`);
  return files.map((name) => join(below, name));
}

function matches(name: string, pattern: string): boolean {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`).test(name);
}
