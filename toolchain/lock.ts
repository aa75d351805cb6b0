import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Home } from "./home.ts";

/** A holder that has not touched its lock for this long was killed. */
const STALE_AFTER_MS = 15_000;

/**
 * Runs `work` while no other process of this machine holds the lock `name`. Waits as long as the other
 * one lives; a lock whose holder was killed is taken over after fifteen seconds.
 */
export async function withLock<T>(home: Home, name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  mkdirSync(home.locks, { recursive: true });
  const file = join(home.locks, name);
  closeSync(openSync(file, "a"));
  const release = await acquire(file, onWait);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(file: string, onWait?: () => void): Promise<() => Promise<void>> {
  const options = { stale: STALE_AFTER_MS, update: STALE_AFTER_MS / 3, realpath: false };
  if (onWait !== undefined && (await lockfile.check(file, options))) onWait();
  return lockfile.lock(file, { ...options, retries: { forever: true, minTimeout: 100, maxTimeout: 1_000 } });
}
