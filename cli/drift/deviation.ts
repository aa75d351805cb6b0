import { isDeepStrictEqual } from "node:util";
import type { LiveObject } from "../cluster/objects.ts";
import { isRecord, nameOf, type DeclaredObject } from "./declared-objects.ts";

/** An object of the stack that is not as the stack left it. */
export interface Deviation {
  readonly urn: string;
  /** For instance "NetworkPolicy ws-ada/deny-all". */
  readonly what: string;
  /** For instance "gone", or "differs in spec.podSelector". */
  readonly how: string;
}

/** Paths that are named before "and 3 more". */
const NAMED = 3;

/** How an object is not as the stack left it; undefined where it is. */
export function deviationOf(declared: DeclaredObject, live: LiveObject | undefined): Deviation | undefined {
  const how = howItDiffers(declared, live);
  return how === undefined ? undefined : { urn: declared.urn, what: nameOf(declared), how };
}

function howItDiffers(declared: DeclaredObject, live: LiveObject | undefined): string | undefined {
  if (live === undefined) return "gone";
  if (live.metadata.deletionTimestamp !== undefined) return "being deleted";
  const { metadata } = declared.recorded;
  if (isRecord(metadata) && metadata.uid === undefined) return "made by a run that was killed";
  if (isRecord(metadata) && metadata.uid !== undefined && metadata.uid !== live.metadata.uid)
    return "made anew by somebody else";
  const paths = differences(declared, live);
  return paths.length === 0
    ? undefined
    : `differs in ${[...paths.slice(0, NAMED), ...(paths.length > NAMED ? [`${paths.length - NAMED} more`] : [])].join(", ")}`;
}

/**
 * Where the object differs, of all that the program has a say in: what others add is theirs. What is wanted tells where
 * to look, and what was recorded what to find there, in the API server's own form (`1000m` is `1` by then).
 */
function differences({ wanted, recorded, ignored }: DeclaredObject, live: LiveObject): string[] {
  const look = (want: unknown, record: unknown, found: unknown, path: string): string[] => {
    if (ignored.includes(path)) return [];
    if (isRecord(want) && Object.keys(want).length > 0)
      return Object.entries(want).flatMap(([key, inner]) =>
        look(inner, at(record, key), at(found, key), path === "" ? key : `${path}.${key}`),
      );
    if (isNamed(want) && isNamed(record) && isNamed(found))
      return want.flatMap((inner) => look(inner, named(record, inner), named(found, inner), `${path}.${inner.name}`));
    return isDeepStrictEqual(record, found) ? [] : [path];
  };
  return look(wanted, recorded, live, "");
}

/** Lists that Kubernetes merges by their elements' names, as containers; any other is one value, as a policy's rules are. */
function isNamed(value: unknown): value is { readonly name: string }[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => isRecord(one) && typeof one.name === "string")
  );
}

type Named = { readonly name: string };
const named = (list: readonly Named[], { name }: Named): Named | undefined => list.find((one) => one.name === name);

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

/** A line for each, indented. */
export function deviationLines(deviations: readonly Deviation[]): string {
  return deviations.map(({ what, how }) => `  ${what}: ${how}`).join("\n");
}
