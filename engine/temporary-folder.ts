import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../toolchain/home.ts";

const PREFIX = "engine-";

/**
 * Gives `work` a folder for what the engine and its plugins write for a moment, for the owner's eyes alone: the
 * Kubernetes plugin leaves the kubeconfig it was given in its temporary folder. Removes it, and those of runs that
 * were killed.
 */
export async function withTemporaryFolder<T>(home: Home, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(home.root, "tmp");
  removeAbandoned(parent);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder is named after the process it is for. */
function removeAbandoned(parent: string): void {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    if (!existsSync(join("/proc", name.split("-")[1] ?? "")))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}
