import Module from "node:module";

/** Loads a package or file that CommonJS asks for. */
export type Load = (request: string, parent?: { readonly filename?: string }, ...rest: unknown[]) => unknown;

/** Not in Node's types, and what every tool that intercepts CommonJS replaces. */
const loader = Module as unknown as { _load: Load };

/** Puts itself between CommonJS and what it loads. */
export function interceptLoading(around: (load: Load) => Load): void {
  const load = loader._load;
  loader._load = around((...args) => load.apply(loader, args));
}
