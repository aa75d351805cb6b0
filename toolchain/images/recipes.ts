import { debianBase, nodeBase } from "./bases.ts";
import { coredns, localPathProvisioner } from "./go-images.ts";
import { busybox, pause } from "./static-images.ts";
import type { ImageStore, Log } from "./store.ts";

/** What a recipe works with. */
export interface Kitchen {
  readonly store: ImageStore;
  readonly log: Log;
  /** Makes sure that another image is in the store, by whichever way there is. */
  ensure(reference: string): Promise<void>;
}

/** Builds the stand-in for one upstream image and commits it under that image's own reference. */
export type Recipe = (reference: string, kitchen: Kitchen) => Promise<void>;

const RECIPES: Readonly<Record<string, Recipe>> = {
  "docker.io/library/debian:bookworm-slim": debianBase,
  "docker.io/library/node:24.21.0-bookworm-slim": nodeBase,
  "docker.io/library/busybox:1.37.0": busybox,
  "docker.io/rancher/local-path-provisioner:v0.0.30": localPathProvisioner,
  "registry.k8s.io/coredns/coredns:v1.14.0": coredns,
  "registry.k8s.io/pause:3.10.1": pause,
};

/** The recipe of an upstream image, from packages of registries alone; undefined where there is none of that exact version. */
export function recipeFor(reference: string): Recipe | undefined {
  return Object.hasOwn(RECIPES, reference) ? RECIPES[reference] : undefined;
}

export function knownReferences(): string[] {
  return Object.keys(RECIPES);
}
