import { columns } from "../links.ts";
import type { BackedUpVolume } from "../stack-outputs.ts";

/** A snapshot as `restic snapshots --json` tells of it. */
export interface Snapshot {
  readonly id: string;
  readonly short_id: string;
  /** RFC 3339 */
  readonly time: string;
  readonly tags?: readonly string[];
  readonly summary?: { readonly total_files_processed: number; readonly total_bytes_processed: number };
}

/** The snapshots in what a job printed, the newest first. */
export function parseSnapshots(log: string): Snapshot[] {
  const line = log.split("\n").find((each) => each.startsWith("["));
  return line === undefined ? [] : (JSON.parse(line) as Snapshot[]).sort((a, b) => b.time.localeCompare(a.time));
}

/**
 * Those of a volume's owner, and of whom it was taken over from: a repository is called after its volume, and whoever had
 * that name before has snapshots in it too. Older ones don't say whose they are.
 */
export function ownSnapshots(snapshots: readonly Snapshot[], { owners }: Pick<BackedUpVolume, "owners">): Snapshot[] {
  return snapshots.filter(({ tags = [] }) => {
    const owner = tags.find((tag) => tag.startsWith("owner="))?.slice("owner=".length);
    return owner === undefined || owners === undefined || owners.includes(owner);
  });
}

/** A line for each. */
export function snapshotTable(snapshots: readonly Snapshot[]): string {
  return columns(
    snapshots.map(({ short_id, time, summary }) => [
      short_id,
      `${time.slice(0, 16).replace("T", " ")} UTC`,
      summary === undefined ? "" : `${summary.total_files_processed} files`,
      summary === undefined ? "" : size(summary.total_bytes_processed),
    ]),
  ).join("\n");
}

/** Bytes as a person reads them. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}
