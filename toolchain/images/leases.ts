import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../lock.ts";
import { scratchFolder } from "./scratch.ts";
import type { ImageStore, Log } from "./store.ts";

/**
 * Does `work` on the store as one of possibly several builds at once. Working containers that
 * a killed build left behind are removed before, unless another build is alive and may own them.
 */
export async function withLease<T>(store: ImageStore, log: Log, work: () => Promise<T>): Promise<T> {
  const folder = join(store.home.locks, "builds");
  await mkdir(folder, { recursive: true });
  const lease = join(folder, `${process.pid}.${randomBytes(4).toString("hex")}`);
  await withLock(store.home, "images", async () => {
    if ((await liveLeases(folder)) === 0) await removeLeftovers(store, log);
    await writeFile(lease, "");
  });
  try {
    return await work();
  } finally {
    await rm(lease, { force: true });
  }
}

async function liveLeases(folder: string): Promise<number> {
  let live = 0;
  for (const lease of await readdir(folder)) {
    if (isAlive(Number.parseInt(lease, 10))) live += 1;
    else await rm(join(folder, lease), { force: true });
  }
  return live;
}

async function removeLeftovers(store: ImageStore, log: Log): Promise<void> {
  await rm(scratchFolder(store.home), { recursive: true, force: true });
  const left = (await store.run(["containers", "--quiet"])).split("\n").filter((id) => id !== "");
  if (left.length === 0) return;
  log(`removing ${left.length} working container(s) of a build that was interrupted`);
  await store.run(["rm", ...left]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
