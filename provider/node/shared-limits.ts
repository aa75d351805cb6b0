import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Limits of the kernel that all processes of one user number on this machine share, and what a node wants them
 * to be at least: every workspace runs as the same one, and an editor watches each folder it shows.
 * Values of https://github.com/microsoft/vscode/wiki/File-Watcher-Issues, and of 64 people's editors and tools.
 */
const WANTED = { "fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 524_288 } as const;

/**
 * Raises what is too low, and lowers nothing; the machine keeps it until it is started again.
 *
 * @param root where the kernel's settings are.
 * @returns what is still too low, in words.
 */
export function raiseSharedLimits(root = "/proc/sys"): string[] {
  return low(root).flatMap(({ name, path, found, wanted }) => {
    try {
      writeFileSync(path, String(wanted));
      return [];
    } catch (error) {
      return [
        `${inWords({ name, found, wanted })} and can't be raised from here (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      ];
    }
  });
}

/** What is too low, in words. */
export function lowSharedLimits(root = "/proc/sys"): string[] {
  return low(root).map(inWords);
}

interface Limit {
  readonly name: string;
  readonly found: number;
  readonly wanted: number;
}

function low(root: string): (Limit & { path: string })[] {
  return Object.entries(WANTED).flatMap(([name, wanted]) => {
    const path = join(root, name.replaceAll(".", "/"));
    const found = Number(readFileSync(path, "utf8"));
    return found < wanted ? [{ name, path, found, wanted }] : [];
  });
}

function inWords({ name, found, wanted }: Limit): string {
  return `${name} is ${found}, which all workspaces share (${wanted} would do: sysctl ${name}=${wanted})`;
}
