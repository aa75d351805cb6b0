import { z } from "zod";
import { guildSchema } from "../schema.ts";
import type { GuildConfig } from "../schema.ts";
import { closest, foundAt, isRecord, keyOf, valueAt } from "./mistakes.ts";
import type { Mistake, Path } from "./mistakes.ts";
import { Omitted } from "./omitted.ts";

type Issue = z.core.$ZodIssue;
type Node = z.core.JSONSchema.BaseSchema;

/** What editors are told; also what is looked up to explain a mistake. */
export const guildJsonSchema: Node = z.toJSONSchema(guildSchema, { io: "input" });

export interface Shape {
  /** Undefined where too little is right to go on. */
  config: GuildConfig | undefined;
  mistakes: Mistake[];
  /** What was left out of `config` because it is wrong. */
  omitted: Omitted;
}

/**
 * Checks the shape of a config. Where something is wrong, the rest is still filled with
 * defaults, so that rules between keys can be checked and told about in the same go.
 */
export function parseShape(raw: unknown): Shape {
  const omitted = new Omitted();
  const first = guildSchema.safeParse(raw);
  if (first.success) return { config: first.data, mistakes: [], omitted };
  const mistakes = first.error.issues.flatMap((issue) => explain(issue, raw));
  const rest = structuredClone(raw);
  let issues = first.error.issues;
  // Each round takes something away, so this ends.
  while (isRecord(rest) && !Array.isArray(rest)) {
    omitted.take(rest, issues.flatMap(wrongPaths));
    const again = guildSchema.safeParse(rest);
    if (again.success) return { config: again.data, mistakes, omitted };
    issues = again.error.issues;
  }
  return { config: undefined, mistakes, omitted };
}

function wrongPaths(issue: Issue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

function explain(issue: Issue, raw: unknown): Mistake[] {
  const found = foundAt(raw, issue.path);
  const key = keyOf(issue.path);
  const node = nodeAt(issue.path);
  const fix = valueAt(raw, issue.path) === undefined ? "add it" : fallbackFix(node);
  const other = [{ key, found, allowed: describe(node) ?? issue.message, fix }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((name) => unknownKey([...issue.path, name], node, raw));
    case "invalid_key":
      return [
        {
          key,
          found: JSON.stringify(issue.path.at(-1)),
          allowed: issue.issues.map(({ message }) => message).join(", "),
          fix: "rename it",
        },
      ];
    case "invalid_value":
      return [
        {
          key,
          found,
          allowed: issue.values.map((value) => JSON.stringify(value)).join(", "),
          fix: suggest(found, issue.values.map(String), node),
        },
      ];
    case "invalid_union":
      return !("options" in issue) ? other : [unknownKind(issue.path, raw, issue.options?.map(String) ?? [])];
    case "invalid_format":
    case "custom":
      return [{ key, found, allowed: issue.message, fix }];
    default:
      return other;
  }
}

function unknownKey(path: Path, parent: Node | undefined, raw: unknown): Mistake {
  const known = Object.keys(parent?.properties ?? {});
  const meant = closest(String(path.at(-1)), known);
  return {
    key: keyOf(path),
    found: foundAt(raw, path),
    allowed: `the keys ${known.join(", ")}`,
    fix: meant === undefined ? "remove it" : `did you mean "${meant}"?`,
  };
}

/** Talos is on the way, and a word about what to do until then helps more than a list. */
function unknownKind(path: Path, raw: unknown, options: string[]): Mistake {
  const talos = valueAt(raw, path) === "talos";
  return {
    key: keyOf(path),
    found: foundAt(raw, path),
    allowed: options.map((option) => `"${option}"`).join(", "),
    fix: talos
      ? 'this release can\'t make Talos machines: make the cluster with talosctl, then join it with kind "existing"'
      : suggest(foundAt(raw, path), options, undefined),
  };
}

function suggest(found: string, options: string[], node: Node | undefined): string {
  const meant = closest(found.replaceAll('"', ""), options);
  return meant === undefined ? fallbackFix(node) : `did you mean "${meant}"?`;
}

function fallbackFix(node: Node | undefined): string {
  if (/no default/i.test(node?.description ?? "")) return "write one that is allowed";
  if (node?.default === undefined) return "write one that is allowed, or remove the key";
  return `write one that is allowed, or remove the key for ${JSON.stringify(node.default)}`;
}

/** The part of the JSON Schema that speaks of a path. */
function nodeAt(path: Path): Node | undefined {
  let nodes: Node[] = [guildJsonSchema];
  for (const part of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const next =
        typeof part === "number" ? node.items : (node.properties?.[String(part)] ?? node.additionalProperties);
      return isRecord(next) && !Array.isArray(next) ? [next as Node] : [];
    });
  }
  const all = nodes.flatMap(alternatives);
  if (all.length <= 1) return all[0] ?? nodes[0];
  // Of alternatives, all keys of all of them are known.
  return {
    ...nodes[0],
    anyOf: all,
    properties: Object.assign({}, ...all.map(({ properties }) => properties ?? {})) as Node["properties"],
  };
}

function alternatives(node: Node): Node[] {
  const inner = node.anyOf ?? node.oneOf;
  return inner === undefined ? [node] : (inner as Node[]);
}

const WORDS: Record<string, string> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "keys with values",
  array: "a list",
  null: "nothing",
};

/** What a value may be, in words. */
function describe(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.anyOf !== undefined) return [...new Set(alternatives(node).map(describe))].filter(Boolean).join(" or ");
  const word =
    [node.type]
      .flat()
      .map((type) => WORDS[String(type)])
      .filter(Boolean)
      .join(" or ") || undefined;
  const { minimum, maximum, minLength, maxLength } = node;
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    return `${word} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${word}, at least ${minimum}`;
  if (maxLength !== undefined) return `${word} of ${minLength ?? 0} to ${maxLength} characters`;
  return word;
}
