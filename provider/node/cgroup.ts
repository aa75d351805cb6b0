import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import waitFor from "p-wait-for";
import { hasSystemd, unitOf } from "./systemd.ts";

const mountPoint = "/sys/fs/cgroup";

/** The cgroup that pods of a node live below: in version 2 under systemd, one of the node's unit, which that leaves to us. */
export function cgroupOf(clusterName: string, delegated = isDelegated()): string {
  return delegated ? `/system.slice/${unitOf(clusterName)}/pods` : `/guildnet-${clusterName}`;
}

/** Whether systemd makes and removes a node's cgroup with its unit. */
export function isDelegated(): boolean {
  return hasSystemd() && isVersion2(mountPoint);
}

/** Makes the cgroup in every hierarchy of this machine: one in version 2, one a controller in version 1. */
export async function createCgroup(path: string, root = mountPoint): Promise<void> {
  for (const hierarchy of hierarchies(root)) {
    const directory = join(hierarchy, path);
    await mkdir(directory, { recursive: true });
    if (isVersion2(hierarchy)) delegateControllers(hierarchy);
    else inheritCpuset(directory);
  }
}

/** Removes the cgroup with all below it; they must hold no process. */
export async function removeCgroup(path: string, root = mountPoint): Promise<void> {
  for (const hierarchy of hierarchies(root)) await removeTree(join(hierarchy, path));
}

function hierarchies(root: string): string[] {
  if (isVersion2(root)) return [root];
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name))
    .filter((directory) => existsSync(join(directory, "cgroup.procs")));
}

function isVersion2(hierarchy: string): boolean {
  return existsSync(join(hierarchy, "cgroup.controllers"));
}

/** Version 1 gives a new cpuset no processors; a process cannot enter it before it has some. */
function inheritCpuset(directory: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    const file = join(directory, name);
    if (!existsSync(file) || readFileSync(file, "utf8").trim() !== "") continue;
    writeFileSync(file, readFileSync(join(dirname(directory), name), "utf8"));
  }
}

/** Version 2 lets a cgroup use only the controllers that its parent hands down. */
function delegateControllers(hierarchy: string): void {
  const available = readFileSync(join(hierarchy, "cgroup.controllers"), "utf8").trim();
  if (available === "") return;
  writeFileSync(
    join(hierarchy, "cgroup.subtree_control"),
    available
      .split(" ")
      .map((name) => `+${name}`)
      .join(" "),
  );
}

async function removeTree(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(directory, entry.name));
  }
  // A process that just ended is counted for a moment longer.
  await waitFor(() => removed(directory), {
    interval: 20,
    timeout: { milliseconds: 5000, message: `${directory} still holds a process` },
  });
}

/** False while the kernel calls the cgroup busy. */
async function removed(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
    throw error;
  }
}
