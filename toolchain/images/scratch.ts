import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../home.ts";

/** Holds what builds need for a moment, a registry's sign-in among it: for root's eyes alone. */
export function scratchFolder({ root }: Home): string {
  return join(root, "tmp", "images");
}

/** Gives `work` an empty folder and removes it afterwards. */
export async function withScratch<T>(home: Home, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(scratchFolder(home), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(scratchFolder(home), "build-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
