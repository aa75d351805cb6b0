import { UserError } from "../../toolchain/errors.ts";
import { size, type Snapshot } from "./snapshots.ts";

/** Room on a volume, in bytes. */
export interface Room {
  readonly size: number;
  readonly free: number;
}

const GIB = 2 ** 30;
const KIB_TAG = /^kib=(\d+)$/;

/** What a job says of its volume; undefined where it says nothing. */
export function parseRoom(log: string): Room | undefined {
  const line = log.split("\n").find((each) => each.startsWith('{"kib"'));
  if (line === undefined) return undefined;
  const { kib, free } = JSON.parse(line) as { kib: number; free: number };
  return { size: kib * 1024, free: free * 1024 };
}

/**
 * Bytes that a snapshot takes on a disk; undefined where it doesn't say. Both figures that it may have are upper bounds:
 * what the files took knows of holes in them, and not of caches that are left out; what they are long, the other way round.
 */
export function bytesOnDisk({ summary, tags = [] }: Snapshot): number | undefined {
  const taken = tags.map((tag) => KIB_TAG.exec(tag)?.[1]).find((kib) => kib !== undefined);
  const known = [taken === undefined ? undefined : Number(taken) * 1024, summary?.total_bytes_processed].filter(
    (bytes) => bytes !== undefined,
  );
  return known.length === 0 ? undefined : Math.min(...known);
}

/**
 * A restore brings everything back beside what is there. A disk that is nearly full then has Kubernetes end everybody's
 * pods on it (at a gibibyte left), so that some has to stay free.
 * @throws UserError `volume-too-small`
 */
export function assertFits(name: string, snapshot: Snapshot, room: Room | undefined): void {
  const wanted = bytesOnDisk(snapshot);
  if (wanted === undefined || room === undefined) return;
  const spare = Math.min(GIB, room.size / 10);
  if (wanted + spare <= room.free) return;
  throw new UserError(
    "volume-too-small",
    [
      `The backup of ${name} takes ${size(wanted)} beside what is there, and its volume has ${size(room.free)} free, of which ${size(spare)} have to stay. Nothing was stopped or changed.`,
      "Remove what is not needed there, such as the folders .before-restore-… of earlier restores; or make the disk larger, or the volume, where its size is enforced.",
    ].join("\n"),
  );
}
