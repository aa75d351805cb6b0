import { readdir, readFile, rm } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** A digest such as "sha256:0123…". */
export type Digest = string;

const DIGEST = /^[a-z0-9]+:[0-9a-f]{32,}$/;

/**
 * What a registry keeps on its file system. Blobs lie under their digests; a repository has links to them, files that
 * hold a digest: of its layers, its manifests ("revisions") and, by tag, of the manifest that each tag means.
 * @see https://github.com/distribution/distribution/blob/v3.1.2/registry/storage/paths.go
 */
export class RegistryStore {
  readonly #blobs: string;
  readonly #repositories: string;

  constructor(root: string) {
    this.#blobs = join(root, "docker/registry/v2/blobs");
    this.#repositories = join(root, "docker/registry/v2/repositories");
  }

  /** Names of the repositories, of which a registry that nobody has pushed to has not even the folder. */
  async repositories(folder: string = this.#repositories): Promise<string[]> {
    const names = await folders(folder);
    const below = await Promise.all(
      names.filter((name) => !name.startsWith("_")).map((name) => this.repositories(join(folder, name))),
    );
    return [
      ...(names.includes("_manifests") ? [relative(this.#repositories, folder).split(sep).join("/")] : []),
      ...below.flat(),
    ];
  }

  /** Manifests of a repository, also those that no tag means. */
  revisions(repository: string): Promise<Digest[]> {
    return linked(this.#in(repository, "_manifests/revisions"));
  }

  /** Blobs that a repository lets its clients have beside its manifests. */
  layers(repository: string): Promise<Digest[]> {
    return linked(this.#in(repository, "_layers"));
  }

  /** What its tags mean. @throws where a link holds no digest */
  async tagged(repository: string): Promise<Digest[]> {
    const tags = this.#in(repository, "_manifests/tags");
    const links = await Promise.all((await folders(tags)).map((tag) => link(join(tags, tag, "current/link"))));
    return links.filter((digest) => digest !== undefined);
  }

  /** A blob's content. */
  read(digest: Digest): Promise<string> {
    return readFile(join(this.#blob(digest), "data"), "utf8");
  }

  async blobs(): Promise<Digest[]> {
    const found = await Promise.all(
      (await folders(this.#blobs)).map(async (algorithm) => {
        const hashes = await Promise.all(
          (await folders(join(this.#blobs, algorithm))).map((start) => folders(join(this.#blobs, algorithm, start))),
        );
        return hashes.flat().map((hash) => `${algorithm}:${hash}`);
      }),
    );
    return found.flat();
  }

  /** Takes a manifest out of a repository, and out of what its tags meant before. */
  async removeRevision(repository: string, digest: Digest): Promise<void> {
    const tags = this.#in(repository, "_manifests/tags");
    for (const tag of await folders(tags)) await remove(join(tags, tag, "index", asPath(digest)));
    await remove(join(this.#in(repository, "_manifests/revisions"), asPath(digest)));
  }

  removeLayer(repository: string, digest: Digest): Promise<void> {
    return remove(join(this.#in(repository, "_layers"), asPath(digest)));
  }

  removeBlob(digest: Digest): Promise<void> {
    return remove(this.#blob(digest));
  }

  #in(repository: string, folder: string): string {
    return join(this.#repositories, repository, folder);
  }

  #blob(digest: Digest): string {
    const [algorithm = "", hash = ""] = digest.split(":");
    return join(this.#blobs, algorithm, hash.slice(0, 2), hash);
  }
}

/** Digests of the links in a folder, by where they lie: no link has to be read for it. A manifest that was deleted has a folder without one. */
async function linked(folder: string): Promise<Digest[]> {
  const found = await Promise.all(
    (await folders(folder)).map(async (algorithm) => {
      const hashes = await folders(join(folder, algorithm));
      const kept = await Promise.all(
        hashes.map(async (hash) => (await entries(join(folder, algorithm, hash))).some(({ name }) => name === "link")),
      );
      return hashes.filter((_, index) => kept[index]).map((hash) => `${algorithm}:${hash}`);
    }),
  );
  return found.flat();
}

async function link(path: string): Promise<Digest | undefined> {
  const digest = await readFile(path, "utf8").catch(nothingIfMissing);
  if (digest === undefined || DIGEST.test(digest)) return digest;
  throw new Error(`${path} holds no digest`);
}

async function folders(path: string): Promise<string[]> {
  return (await entries(path)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function entries(path: string) {
  return (await readdir(path, { withFileTypes: true }).catch(nothingIfMissing)) ?? [];
}

function nothingIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function asPath(digest: Digest): string {
  return digest.replace(":", "/");
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
