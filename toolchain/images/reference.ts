/** An image reference, taken apart: `guildnet.local/workspace:1a2b` is registry, name and tag. */
export interface Reference {
  readonly registry: string;
  readonly name: string;
  readonly tag: string;
}

/** The registry our own images pretend to come from. Nothing answers there: they exist in the store alone. */
export const OWN_REGISTRY = "guildnet.local";

const FULL = /^(?<registry>[a-z0-9.-]+(?::\d+)?)\/(?<name>[a-z0-9._/-]+):(?<tag>[\w][\w.-]{0,127})$/;

/**
 * Takes a full reference apart.
 * @throws Error where registry or tag is missing: short names mean another image on every machine.
 */
export function parseReference(reference: string): Reference {
  const groups = FULL.exec(reference)?.groups;
  if (!groups?.registry || !groups.name || !groups.tag) {
    throw new Error(`image reference "${reference}": write it in full, as registry/name:tag`);
  }
  return { registry: groups.registry, name: groups.name, tag: groups.tag };
}

export function isOwn(reference: string): boolean {
  return parseReference(reference).registry === OWN_REGISTRY;
}

/** `FROM debian:bookworm-slim` names an image of Docker Hub; the store wants the name in full. */
export function withRegistry(reference: string): string {
  const tagged = /:[\w.-]+$|@/.test(reference) ? reference : `${reference}:latest`;
  const [first = "", ...rest] = tagged.split("/");
  if (rest.length === 0) return `docker.io/library/${tagged}`;
  return /[.:]|^localhost$/.test(first) ? tagged : `docker.io/${tagged}`;
}

/** The reference as part of a file name. */
export function slug(reference: string): string {
  return reference.replace(/[^a-zA-Z0-9.-]+/g, "_");
}
