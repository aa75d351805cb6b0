import { textAt, type Change, type State } from "./changes.ts";
import { kindOf, nameOf } from "./places.ts";

/** What becomes of one volume. */
export interface VolumeReceipt {
  /** Name of its claim: "home". */
  readonly name: string;
  readonly effect: "untouched" | "made" | "grown" | "held" | "released" | "kept" | "deleted" | "replaced";
  /** As asked for, before and after. */
  readonly size?: string;
  readonly newSize?: string;
  /** Whether it is lost: nothing keeps it but a backup. */
  readonly isLost: boolean;
}

const DATA = "guildnet.io/data";

/** What a change does to a volume; undefined where there is none. */
export function volumeOf(change: Change): VolumeReceipt | undefined {
  if (kindOf(change) !== "PersistentVolumeClaim") return undefined;
  const [size, newSize] = [sizeOf(change.old), sizeOf(change.new)];
  const of = (effect: VolumeReceipt["effect"], isLost = false): VolumeReceipt => ({
    name: nameOf(change),
    effect,
    ...(size !== undefined && { size }),
    ...(newSize !== undefined && { newSize }),
    isLost,
  });
  switch (change.effect) {
    case "same":
      return of("untouched");
    case "created":
      return of("made");
    case "deleted":
      return change.old?.retainOnDelete === true ? of("kept") : of("deleted", true);
    case "replaced":
      return of("replaced", change.old?.retainOnDelete !== true);
    case "updated":
      if (size !== newSize) return of("grown");
      // Its files are left alone; what becomes of them once its owner goes may be another.
      if (retentionOf(change.old) === retentionOf(change.new)) return of("untouched");
      return of(retentionOf(change.new) === "kept" ? "held" : "released");
  }
}

function retentionOf(state: State | undefined): string | undefined {
  return textAt(state?.inputs, "metadata", "labels", DATA);
}

function sizeOf(state: State | undefined): string | undefined {
  return textAt(state?.inputs, "spec", "resources", "requests", "storage");
}
