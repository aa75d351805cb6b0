import { at, differ, type Change } from "./changes.ts";
import { kindOf } from "./places.ts";

/** What becomes of the embedded cluster. */
export interface ClusterReceipt {
  readonly effect: "made" | "goes" | "restarts" | "changes" | "put right";
  /** What of it is another. */
  readonly because: readonly string[];
}

/** With these the node is started anew as a whole, and all pods with it; anything else is changed while it runs. */
const RESTARTS = ["kubernetesVersion"];
const SETTINGS = [...RESTARTS, "apiPort", "publish", "registries", "proxy", "lanCidr", "keepVolumes", "volumeSizes"];

export function clusterOf(changes: readonly Change[]): ClusterReceipt | undefined {
  const node = changes.find((change) => kindOf(change) === "EmbeddedNode");
  if (node === undefined || node.effect === "same") return undefined;
  if (node.effect === "created") return { effect: "made", because: [] };
  if (node.effect === "deleted") return { effect: "goes", because: [] };
  const { old, new: after } = node;
  const because = SETTINGS.filter((key) => differ(at(old?.inputs, key), at(after?.inputs, key)));
  if (node.effect === "replaced" || because.some((key) => RESTARTS.includes(key)))
    return { effect: "restarts", because };
  // Its provider found it stopped, or started by another version.
  return because.length === 0 ? { effect: "put right", because } : { effect: "changes", because };
}
