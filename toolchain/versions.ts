import pinned from "./versions.json" with { type: "json" };

/** An official release archive for one CPU, and the SHA-256 its publisher gave for it (64 hex digits). */
export interface Archive {
  readonly url: string;
  readonly sha256: string;
}

/** One pinned release. Without an archive for this CPU it is taken from package registries: nothing is downloaded that can't be verified. */
export interface Pinned {
  readonly version: string;
  /** By Node's name of the CPU: `x64`, `arm64`. */
  readonly archives: Readonly<Record<string, Archive>>;
}

/** Every version the toolchain installs; the one place to change one. */
export const VERSIONS: Readonly<Record<keyof typeof pinned, Pinned>> = pinned;
