import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const HIERARCHIES = "/sys/fs/cgroup";

/** Removes a cgroup of every hierarchy, with all below it; nothing runs in it any more. */
export function removeCgroups(name: string): void {
  for (const folder of [HIERARCHIES, ...below(HIERARCHIES)])
    if (existsSync(join(folder, name))) remove(join(folder, name));
}

/** Whose names start so, in any hierarchy. */
export function cgroupsNamed(prefix: string): string[] {
  const names = [HIERARCHIES, ...below(HIERARCHIES)].flatMap((folder) =>
    below(folder).map((path) => path.slice(folder.length + 1)),
  );
  return [...new Set(names.filter((name) => name.startsWith(prefix)))];
}

function remove(folder: string): void {
  for (const child of below(folder)) remove(child);
  rmdirSync(folder);
}

function below(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}
