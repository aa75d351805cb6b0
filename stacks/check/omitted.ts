import { isRecord, keyOf, valueAt } from "./mistakes.ts";
import type { Path } from "./mistakes.ts";

/**
 * What was taken out of a config because it is wrong. Entries taken out of a list move
 * those behind them; this remembers where each one stood in the file.
 */
export class Omitted {
  private readonly paths: Path[] = [];
  /** By the key of a list: the places in the file of the entries that are gone, ascending. */
  private readonly gone = new Map<string, number[]>();

  /** Takes values out of a config; where nothing is at a path, what should have held it. */
  take(root: object, paths: readonly Path[]): void {
    const present = paths.map((path) => presentPath(root, path));
    const unique = [...new Map(present.map((path) => [keyOf(path), path])).values()];
    const original = unique.map((path) => this.inFile(path));
    // From the end, so that the places of the others hold meanwhile.
    for (const path of [...unique].sort(byPlace).reverse()) {
      const parent = valueAt(root, path.slice(0, -1));
      const last = path[path.length - 1];
      if (Array.isArray(parent) && typeof last === "number") parent.splice(last, 1);
      else if (isRecord(parent) && last !== undefined) delete parent[last];
    }
    for (const path of original) this.remember(path);
  }

  /** Where in the file something of the remaining config stands. */
  inFile(path: Path): Path {
    const result: PropertyKey[] = [];
    for (const part of path) {
      const gone = typeof part === "number" ? (this.gone.get(keyOf(result)) ?? []) : [];
      result.push(
        gone.reduce<PropertyKey>((place, index) => (index <= Number(place) ? Number(place) + 1 : place), part),
      );
    }
    return result;
  }

  /** Whether a path of the file holds, or is held by, something that was taken out. */
  touches(path: Path): boolean {
    return this.paths.some((omitted) => omitted.slice(0, path.length).every((part, index) => part === path[index]));
  }

  private remember(path: Path): void {
    this.paths.push(path);
    const last = path[path.length - 1];
    if (typeof last !== "number") return;
    const list = keyOf(path.slice(0, -1));
    this.gone.set(
      list,
      [...(this.gone.get(list) ?? []), last].sort((a, b) => a - b),
    );
  }
}

function presentPath(root: object, path: Path): Path {
  if (path.length <= 1 || valueAt(root, path) !== undefined) return path;
  return presentPath(root, path.slice(0, -1));
}

function byPlace(a: Path, b: Path): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]];
    if (x === y) continue;
    return typeof x === "number" && typeof y === "number" ? x - y : String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}
