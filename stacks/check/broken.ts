import type { Path } from "./mistakes.ts";

/** A rule between keys that a config breaks. */
export interface Broken {
  /** The key to change first, then the others that matter. */
  paths: Path[];
  allowed: string;
  fix: string;
}

/** Which of the secrets beside a config are set. */
export type Given<Secret extends string> = { readonly [Name in Secret]?: boolean };
