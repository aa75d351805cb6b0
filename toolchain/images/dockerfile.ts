import { withRegistry } from "./reference.ts";

/**
 * The images a Dockerfile takes from outside, in full and in order: its `FROM` and
 * `COPY --from=` references that are neither an earlier stage nor `scratch`.
 * Arguments declared before the first `FROM` are put in.
 */
export function externalImages(dockerfile: string, buildArgs: Readonly<Record<string, string>> = {}): string[] {
  const stages = new Set<string>(["scratch"]);
  const globals = new Map<string, string>();
  const images = new Set<string>();
  let stageCount = 0;
  for (const [keyword, rest] of instructions(dockerfile)) {
    if (keyword === "ARG" && stageCount === 0) {
      const { name, value } = argument(rest);
      globals.set(name, buildArgs[name] ?? value ?? "");
    } else if (keyword === "FROM") {
      const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
      const image = substitute(words[0] ?? "", globals);
      if (!stages.has(image.toLowerCase())) images.add(withRegistry(image));
      if (words[1]?.toUpperCase() === "AS" && words[2]) stages.add(words[2].toLowerCase());
      stages.add(String(stageCount++));
    } else if (keyword === "COPY") {
      const from = /(?:^|\s)--from=(\S+)/.exec(rest)?.[1];
      if (from && !stages.has(from.toLowerCase())) images.add(withRegistry(from));
    }
  }
  return [...images];
}

/** The names a Dockerfile declares with `ARG`, in any stage. */
export function declaredArguments(dockerfile: string): Set<string> {
  const names = [...instructions(dockerfile)]
    .filter(([keyword]) => keyword === "ARG")
    .map(([, rest]) => argument(rest).name);
  return new Set(names);
}

function* instructions(dockerfile: string): Generator<[keyword: string, rest: string]> {
  const joined = dockerfile
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\[ \t]*\n/g, " ");
  for (const line of joined.split("\n")) {
    const match = /^\s*([a-zA-Z]+)\s+(.*?)\s*$/.exec(line);
    if (match?.[1] && match[2] !== undefined) yield [match[1].toUpperCase(), match[2]];
  }
}

function argument(rest: string): { name: string; value: string | undefined } {
  const match = /^(\w+)(?:=(.*))?$/.exec(rest);
  return { name: match?.[1] ?? rest, value: match?.[2]?.replace(/^(["'])(.*)\1$/, "$2") };
}

function substitute(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (_whole, braced?: string, fallback?: string, bare?: string) => {
      return values.get(braced ?? bare ?? "") || fallback || "";
    },
  );
}
