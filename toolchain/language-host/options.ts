/** The `runtime.options` of a Pulumi.yaml, PulumiPlugin.yaml or PulumiPolicy.yaml, as the official host reads them. */
export interface NodeOptions {
  /** Let the SDK compile TypeScript with ts-node. @default true */
  readonly typescript: boolean;
  /** Path of a tsconfig.json for ts-node. */
  readonly tsconfig?: string;
  /** Arguments for Node itself, before the program. Only programs get them, never plugins or policy packs. */
  readonly nodeargs: readonly string[];
}

/** Reads the options; throws an `Error` that names the option whose type is wrong. */
export function parseOptions(options: Readonly<Record<string, unknown>>): NodeOptions {
  const { typescript = true, tsconfig, nodeargs = "" } = options;
  if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
  if (tsconfig !== undefined && typeof tsconfig !== "string") throw new Error("tsconfig option must be a string");
  if (typeof nodeargs !== "string") throw new Error("nodeargs option must be a string");
  return { typescript, tsconfig, nodeargs: splitWords(nodeargs) };
}

/** The environment variables by which the SDK's entry points learn of the options. */
export function optionsEnvironment(options: NodeOptions): Record<string, string> {
  return {
    ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}

/** Splits as a shell would: blanks separate, single and double quotes and backslashes keep together. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const word = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs;
  for (const [raw] of line.matchAll(word)) words.push(unquote(raw));
  return words;
}

function unquote(raw: string): string {
  return raw.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_all, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? "",
  );
}
