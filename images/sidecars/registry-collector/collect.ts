import { z } from "zod";
import type { Digest, RegistryStore } from "./store.ts";

/** What a collection did. */
export interface Collection {
  readonly repositories: number;
  /** Repositories that could not be read, of which everything stays. */
  readonly skipped: readonly { repository: string; reason: string }[];
  readonly manifests: number;
  readonly blobs: number;
}

/**
 * Removes what no tag leads to. Nothing may be pushed meanwhile.
 *
 * The registry's own command does the same, and ends at the first repository that it can't read, or that has a folder
 * less than it looks for; so that one repository would keep all garbage of all people for good, and a registry to which
 * nothing was pushed yet would fail each night. Here such a repository keeps what it has, and all others are tidied up.
 * @throws where the folders themselves can't be read: what they lead to is unknown then, and nothing is removed
 */
export async function collect(store: RegistryStore): Promise<Collection> {
  const repositories = await store.repositories();
  const wanted = new Set<Digest>();
  const skipped: { repository: string; reason: string }[] = [];
  for (const repository of repositories) {
    try {
      await mark(store, repository, wanted);
    } catch (error) {
      skipped.push({ repository, reason: (error as Error).message });
      for (const digest of [...(await store.revisions(repository)), ...(await store.layers(repository))])
        wanted.add(digest);
    }
  }
  const tidy = repositories.filter((repository) => skipped.every((other) => other.repository !== repository));
  let manifests = 0,
    blobs = 0;
  // Links go before what they lead to: whoever is killed in between leaves nothing that leads nowhere.
  for (const repository of tidy) {
    for (const digest of (await store.revisions(repository)).filter((each) => !wanted.has(each))) {
      await store.removeRevision(repository, digest);
      manifests++;
    }
    for (const digest of (await store.layers(repository)).filter((each) => !wanted.has(each)))
      await store.removeLayer(repository, digest);
  }
  for (const digest of (await store.blobs()).filter((each) => !wanted.has(each))) {
    await store.removeBlob(digest);
    blobs++;
  }
  return { repositories: repositories.length, skipped, manifests, blobs };
}

const descriptor = z.looseObject({ digest: z.string() });
const descriptors = z.array(descriptor).nullish();
/** An image, or an index of images, of OCI or of Docker. */
const manifest = z.looseObject({
  config: descriptor.optional(),
  layers: descriptors,
  manifests: descriptors,
  blobs: descriptors,
});

/** Marks what a repository's tags lead to. */
async function mark(store: RegistryStore, repository: string, wanted: Set<Digest>): Promise<void> {
  const revisions = new Set(await store.revisions(repository));
  const seen = new Set<Digest>();
  const visit = async (digest: Digest): Promise<void> => {
    wanted.add(digest);
    // What an index leads to may be in another registry alone.
    if (!revisions.has(digest) || seen.has(digest)) return;
    seen.add(digest);
    const { config, layers, manifests, blobs } = manifest.parse(JSON.parse(await store.read(digest)));
    for (const each of [
      ...(config === undefined ? [] : [config]),
      ...(layers ?? []),
      ...(manifests ?? []),
      ...(blobs ?? []),
    ])
      await visit(each.digest);
  };
  for (const digest of await store.tagged(repository)) if (revisions.has(digest)) await visit(digest);
}

/** What a person reads of it. */
export function summary({ repositories, skipped, manifests, blobs }: Collection): string {
  const named = skipped.map(
    ({ repository, reason }) => `\nLeft as it is, as it can't be read: ${repository} (${reason.split("\n").join(" ")})`,
  );
  return `${repositories} repositories: ${manifests} manifests and ${blobs} blobs removed, to which no tag led.${named.join("")}`;
}
