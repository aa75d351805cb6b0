import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../atomic-file.ts";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { preferredSources, type Source } from "./source.ts";
import type { InstallContext, InstalledTool, Tool } from "./tool.ts";

export interface FolderToolOptions {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** What else the folder's content depends on; a part of its name. */
  readonly revision?: string;
  /** Files the finished folder must have, relative to it. */
  readonly files: readonly string[];
  readonly sources: readonly Source[];
}

/** Written last; records where the tool came from. */
const DONE = ".done.json";

/**
 * A tool that is a folder of its own, GUILDNET_HOME/tools/<name>/<version>. It is filled beside its
 * place and renamed into it when complete, so that a killed run leaves nothing that looks finished.
 */
export function folderTool(options: FolderToolOptions): Tool {
  const key = options.revision === undefined ? options.version : `${options.version}-${options.revision}`;
  const place = (home: Home) => join(home.tools, options.name, key);
  return {
    name: options.name,
    title: options.title,
    find: (home) => find(place(home), options),
    install: (context) => install(place(context.home), options, context),
  };
}

function find(folder: string, { version, files }: FolderToolOptions): InstalledTool | undefined {
  const done = join(folder, DONE);
  // A link to a program of the machine dangles once that program is removed.
  if (!existsSync(done) || !files.every((file) => existsSync(join(folder, file)))) return undefined;
  const { source } = JSON.parse(readFileSync(done, "utf8")) as Pick<InstalledTool, "source">;
  return { version, path: folder, source };
}

async function install(folder: string, options: FolderToolOptions, context: InstallContext): Promise<void> {
  const { home, log, report } = context;
  const prefix = `.tmp-${options.name}-`;
  mkdirSync(home.tools, { recursive: true });
  // The lock is ours, so whatever lies here is of runs that were killed.
  for (const left of readdirSync(home.tools).filter((entry) => entry.startsWith(prefix)))
    remove(join(home.tools, left));

  const temporary = join(home.tools, `${prefix}${process.pid}`);
  const source = await fill(temporary, options, context);
  const missing = options.files.filter((file) => !existsSync(join(temporary, file)));
  if (missing.length > 0)
    throw new UserError(
      "tool-incomplete",
      `${options.title} was installed, but lacks ${missing.join(", ")}. Log: ${log.file}`,
    );
  writeFileAtomic(join(temporary, DONE), JSON.stringify({ source: source.kind }));
  report("finishing");
  mkdirSync(join(folder, ".."), { recursive: true });
  remove(folder);
  renameSync(temporary, folder);
}

/** Tries the sources in order. A download that breaks off is no reason to give up; one that fails its checksum is. */
async function fill(
  folder: string,
  options: FolderToolOptions,
  { home, log, report, offline }: InstallContext,
): Promise<Source> {
  const sources = preferredSources(options.sources, offline);
  for (const [index, source] of sources.entries()) {
    if (!(await source.available())) continue;
    remove(folder);
    mkdirSync(folder, { recursive: true });
    try {
      log.write(`# ${options.title}: ${source.kind}\n`);
      await source.provide(folder, { home, log, report });
      return source;
    } catch (error) {
      if (error instanceof UserError && error.code === "checksum-mismatch") throw error;
      if (index === sources.length - 1) throw error;
      log.write(`# ${source.kind} failed: ${String(error)}\n`);
    }
  }
  throw new UserError(
    "tool-unavailable",
    `${options.title} can be had in no way here${offline ? " (--offline: package registries only)" : ""}.`,
  );
}

/** Go writes its module cache read-only; a plain removal of a half-built folder must not trip over that. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
