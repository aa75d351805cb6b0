import { linkKey } from "./note-path.ts";

/** By which names notes are found. Keys are as `linkKey` makes them. */
export interface LinkNames {
  /** Whole paths without their ending. */
  withKey(key: string): readonly string[];
  /** Names of files, wherever they lie. */
  withName(name: string): readonly string[];
  withAlias(key: string): readonly string[];
}

/**
 * The note that a link means: of that path, else of that name (with as much of its folders as the link tells), else of
 * that other name. Of several, the one in the folder of the note that has the link, then the one that lies least deep:
 * the same for everybody, whatever the order they were made in.
 * @returns undefined where there is none yet
 */
export function resolveLink(target: string, from: string, names: LinkNames): string | undefined {
  const key = linkKey(target);
  if (key === "") return from;
  const name = key.slice(key.lastIndexOf("/") + 1);
  const beside = linkKey(folderOf(from) + key);
  const named = (): readonly string[] => names.withName(name).filter((path) => `/${linkKey(path)}`.endsWith(`/${key}`));
  for (const found of [() => names.withKey(beside), () => names.withKey(key), named, () => names.withAlias(key)]) {
    const best = nearest(found(), from);
    if (best !== undefined) return best;
  }
  return undefined;
}

/** The shortest target that means this note, for whoever writes a link to it. */
export function shortestTarget(path: string, from: string, names: LinkNames): string {
  const whole = path.replace(/\.md$/i, "");
  const parts = whole.split("/");
  for (let count = 1; count < parts.length; count++) {
    const target = parts.slice(-count).join("/");
    if (resolveLink(target, from, names) === path) return target;
  }
  return whole;
}

function nearest(paths: readonly string[], from: string): string | undefined {
  const folder = folderOf(from);
  const rank = (path: string): number => (folderOf(path) === folder ? 0 : path.split("/").length);
  return [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
