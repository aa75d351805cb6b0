import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where runsv writes what it is told to keep its service: `u` for up, `d` for down. https://smarden.org/runit/runsv.8 */
const WANTED = 17;

/** Whether a node that runs was told to end by a program that was ended before it was done. The kubelet is the first that is to stay down. */
export function isHalfStopped(folder: string): boolean {
  const status = join(folder, "services", "kubelet", "supervise", "status");
  return existsSync(status) && String.fromCharCode(readFileSync(status)[WANTED] ?? 0) === "d";
}
