import { GuildError } from "../../components/index.ts";

/** One thing wrong in a config, told so that it can be mended. */
export interface Mistake {
  /** For instance "workspaces[1].owner"; empty for the whole value. */
  key: string;
  /** What stands there, as JSON; "nothing" where nothing does. */
  found: string;
  allowed: string;
  fix: string;
}

/** All that is wrong in a config, printed by the engine as it is, without a stack. */
export class ConfigError extends GuildError {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super("config", formatMistakes(mistakes));
    this.name = "ConfigError";
    this.mistakes = mistakes;
  }
}

/** The mistakes as text for a terminal. */
export function formatMistakes(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  const blocks = mistakes.map(({ key, found, allowed, fix }) =>
    [
      `  ${key === "" ? "guildnet:guild" : key}`,
      `    found    ${found}`,
      `    allowed  ${allowed}`,
      `    fix      ${fix}`,
    ].join("\n"),
  );
  return [`The stack's config "guildnet:guild" has ${count}; nothing was changed.`, ...blocks].join("\n\n");
}

export type Path = readonly PropertyKey[];

/** "workspaces", 1, "owner" as "workspaces[1].owner". */
export function keyOf(path: Path): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === "number") return `${key}[${part}]`;
    return key === "" ? String(part) : `${key}.${String(part)}`;
  }, "");
}

/** What stands before the host of an address: a password, as likely as not. */
const SIGN_IN = /(?<=:\/\/)[^\s"]*@/g;

/** Where an "@" is of no password: of one that is hidden already, and of a digest. */
const NO_SIGN_IN = /:\/\/\(not shown\)@|@sha256:/g;

/** The value at a path, as text short enough for a line, without the values of environment variables and without passwords in addresses. */
export function foundAt(root: unknown, path: Path): string {
  const value = valueAt(root, path);
  if (value === undefined) return "nothing";
  if (path.includes("environment")) return "a value (not shown)";
  const text = JSON.stringify(value, (key, inner: unknown) =>
    key === "environment" ? "(not shown)" : inner,
  ).replaceAll(SIGN_IN, "(not shown)@");
  if ((path.includes("proxy") || path.includes("images")) && text.replaceAll(NO_SIGN_IN, "").includes("@"))
    return "a value (not shown)";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), root);
}

export function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

/** The candidate that a mistyped word was probably meant to be. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const best = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= limit ? best.candidate : undefined;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? Infinity) + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
