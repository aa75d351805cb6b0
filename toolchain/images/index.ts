import type { Writable } from "node:stream";
import { execa } from "execa";
import { UserError } from "../errors.ts";
import { guildnetHome, type Home } from "../home.ts";
import { withLock } from "../lock.ts";
import { isOffline } from "../offline.ts";
import { settleStreams } from "../run-attended.ts";
import { buildContext, readDockerfile } from "./bud.ts";
import { externalImages } from "./dockerfile.ts";
import { withLease } from "./leases.ts";
import { prune } from "./prune.ts";
import { pull, tryToPull } from "./pull.ts";
import { knownReferences, recipeFor } from "./recipes.ts";
import { isOwn, slug } from "./reference.ts";
import { explained, ImageStore, type Log, storeArguments } from "./store.ts";

/** buildah opens /dev/stdout by its name, which the kernel allows for a pipe, but not for the socket that Node gives a child. */
const THROUGH_A_PIPE = '"$@" | cat';

export interface ImageRequest {
  /** In full: `registry/name:tag`. The tag of an own image stands for its inputs, so an image that is there is never rebuilt. */
  readonly reference: string;
  /** Folder with the Dockerfile; needed for own images. */
  readonly context?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** GUILDNET_HOME. @default "~/.guildnet" */
  readonly home?: string;
  readonly log?: Log;
}

export interface Image {
  readonly reference: string;
  /** `sha256:` and 64 hex digits. */
  readonly id: string;
}

/**
 * Makes sure that an image is in the store: own images are built from their context, upstream ones
 * pulled where their registry answers and otherwise built from packages under the same reference.
 * Safe to run many times, at once, and after a run that was killed.
 * @throws UserError
 */
export async function ensureImage(request: ImageRequest): Promise<Image> {
  const { reference, log = () => {} } = request;
  const store = new ImageStore(homeOf(request.home));
  const present = await store.imageId(reference);
  if (present) return { reference, id: present };
  return withLock(store.home, `image-${slug(reference)}`, async () => {
    if (!(await store.imageId(reference))) await make(store, request, log);
    const id = await store.imageId(reference);
    if (!id) throw new UserError("image-build-failed", `${reference} was built, but the store does not have it`);
    return { reference, id };
  });
}

/** Whether the store has an image. */
export async function hasImage(reference: string, home?: string): Promise<boolean> {
  return (await new ImageStore(homeOf(home)).imageId(reference)) !== undefined;
}

/**
 * Writes an image as an uncompressed docker-archive, for `ctr images import -`.
 * @param output where to; this process's standard output where left out
 * @throws UserError where the store does not have it
 */
export async function exportImage(reference: string, home?: string, output?: Writable): Promise<void> {
  const store = new ImageStore(homeOf(home));
  if (!(await store.imageId(reference)))
    throw new UserError("image-unknown", `${reference} is not in the store: make it first`);
  if (output === undefined) settleStreams();
  const args = ["push", "--quiet", reference, `docker-archive:/dev/stdout:${reference}`];
  try {
    const child = execa(
      "bash",
      ["-o", "pipefail", "-c", THROUGH_A_PIPE, "bash", "buildah", ...storeArguments(store.home), ...args],
      {
        stdin: "ignore",
        stdout: output ? "pipe" : "inherit",
        buffer: { stdout: false },
      },
    );
    if (output) child.stdout?.pipe(output);
    await child;
  } catch (error) {
    throw explained(args, error);
  }
}

/** Unmounts and removes what killed builds left in the store, unless a build is running. Images stay. */
export async function tidyImages(home?: string, log: Log = () => {}): Promise<void> {
  await withLease(new ImageStore(homeOf(home)), log, async () => {});
}

async function make(store: ImageStore, request: ImageRequest, log: Log): Promise<void> {
  const ensure = async (reference: string) => void (await ensureImage({ reference, home: store.home.root, log }));
  const { reference, context } = request;
  if (context !== undefined) {
    for (const base of externalImages(await readDockerfile(context), request.buildArgs)) await ensure(base);
    await withLease(store, log, () => buildContext(store, { ...request, context }, log));
    if (isOwn(reference)) await prune(store, reference, log);
    return;
  }
  const recipe = recipeFor(reference);
  if (isOwn(reference) && recipe === undefined)
    throw new UserError(
      "image-context-missing",
      `${reference} is one of our own images: say from which folder it is built`,
    );
  if (recipe === undefined) {
    if (isOffline())
      throw new UserError(
        "image-unknown",
        `${reference} can be had from its registry alone, and --offline keeps to registries of packages. There are recipes for: ${knownReferences().join(", ")}`,
      );
    return pull(store, reference, log);
  }
  if (!isOffline() && !isOwn(reference) && (await tryToPull(store, reference, log))) return;
  await withLease(store, log, () => recipe(reference, { store, log, ensure }));
}

function homeOf(root: string | undefined): Home {
  return guildnetHome(root === undefined ? process.env : { GUILDNET_HOME: root });
}
