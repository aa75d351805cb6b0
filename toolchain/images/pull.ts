import { UserError } from "../errors.ts";
import { proxiedFetch } from "../proxied-fetch.ts";
import { parseReference } from "./reference.ts";
import type { ImageStore, Log } from "./store.ts";

/** How long a registry may take to answer before it counts as out of reach: the slowest of lines, and a machine that is busy. */
const ANSWER_MS = 30_000;

/**
 * Pulls an image.
 * @throws UserError with the registry's own words
 */
export async function pull(store: ImageStore, reference: string, log: Log): Promise<void> {
  await store.run(["pull", "--quiet", "--retry", "1", reference], log);
}

/**
 * Pulls an image that can be had otherwise too, where its registry answers.
 * @returns false where it can't be had from there, so that another way is taken
 */
export async function tryToPull(store: ImageStore, reference: string, log: Log): Promise<boolean> {
  const host = registryHost(parseReference(reference).registry);
  if (!(await answers(host))) {
    log(`${host} does not answer`);
    return false;
  }
  try {
    await pull(store, reference, log);
    return true;
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "image-build-failed") throw error;
    log(`${reference} can't be pulled: ${error.message}`);
    return false;
  }
}

/** Docker Hub's name is not where its registry lives. */
export function registryHost(registry: string): string {
  return registry === "docker.io" ? "registry-1.docker.io" : registry;
}

async function answers(host: string): Promise<boolean> {
  try {
    await proxiedFetch(`https://${host}/v2/`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch {
    return false;
  }
}
