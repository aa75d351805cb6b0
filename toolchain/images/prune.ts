import { isOwn, parseReference } from "./reference.ts";
import type { ImageStore, Log, StoredImage } from "./store.ts";

/** How many builds of one of our own images are kept: the one in use and the one before it. */
export const KEPT_BUILDS = 2;

/**
 * The references of our own images that newer builds of the same name have replaced.
 * @param current the reference just made: kept whatever its age
 */
export function replacedReferences(images: readonly StoredImage[], current: string, keep = KEPT_BUILDS): string[] {
  const { name } = parseReference(current);
  const others = images
    .flatMap(({ names, created }) => names.map((reference) => ({ reference, created })))
    .filter(({ reference }) => reference !== current && isOwn(reference) && parseReference(reference).name === name)
    .sort((a, b) => b.created - a.created);
  return others.slice(keep - 1).map(({ reference }) => reference);
}

/** Removes what newer builds replaced. An image that is still in use stays, and is said. */
export async function prune(store: ImageStore, current: string, log: Log): Promise<void> {
  for (const reference of replacedReferences(await store.images(), current)) {
    try {
      await store.run(["rmi", reference]);
    } catch (error) {
      log(`kept ${reference}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
