import { basename, dirname, join } from "node:path";

/** The file of a volume that has a size of its own, beside the folder over which the node mounts it; see `scripts/volume`. */
export function volumeFile(volume: string): string {
  return join(dirname(volume), `.${basename(volume)}.ext4`);
}

/** Whether a folder is one that such a file is, or was, mounted over: nobody's, as no other is. */
export function isMountPoint({ uid, mode }: { uid: number; mode: number }): boolean {
  return uid === 0 && (mode & 0o777) === 0;
}

/** What such a file takes of the disk for so many bytes, as `scripts/volume` has it: tables and a journal come on top. */
export function reservedBytes(bytes: number): number {
  return Math.floor((bytes + Math.floor(bytes / 30) + 72 * 2 ** 20 + 4095) / 4096) * 4096;
}

/** What stays of the disk for everything else. */
export const roomForOthers = 2 * 2 ** 30;
