import type { Broken } from "../../check/broken.ts";
import type { ClusterKeys } from "../cluster/schema.ts";
import type { RadicleKeys } from "./schema.ts";

/** Its image is built here, and nodes of a cluster that is there already must be able to pull it. */
export function radicleMistakes({ cluster, images, radicle }: RadicleKeys & ClusterKeys): Broken[] {
  if (radicle === undefined || radicle.image !== undefined) return [];
  if (cluster.kind === "embedded" || images.registry !== undefined) return [];
  return [
    {
      paths: [["radicle", "image"], ["images", "registry"], ["cluster"]],
      allowed: 'an image, or images.registry, as cluster.kind is "existing"',
      fix: "set images.registry to a registry that this machine can push to and the cluster pulls from, or name an image of images/radicle that you pushed yourself here",
    },
  ];
}
