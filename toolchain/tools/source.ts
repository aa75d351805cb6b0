import type { Home } from "../home.ts";
import type { Log } from "../log.ts";

/** What a source may use while it fills a tool's folder. */
export interface SourceContext {
  readonly home: Home;
  readonly log: Log;
  readonly report: (activity: string) => void;
}

/** One way to come by a tool. */
export interface Source {
  /** `machine`: it is installed already; `archive`: the publisher's release; `registries`: built from packages. */
  readonly kind: "machine" | "archive" | "registries";
  /** Whether it can be had this way here and now. Quick; never throws. */
  available(): Promise<boolean>;
  /** Fills the empty `folder`. */
  provide(folder: string, context: SourceContext): Promise<void>;
}

const PREFERENCE: readonly Source["kind"][] = ["machine", "archive", "registries"];

/** The sources in the order in which they are tried; offline, package registries alone. */
export function preferredSources(sources: readonly Source[], offline: boolean): Source[] {
  return sources
    .filter(({ kind }) => !offline || kind === "registries")
    .sort((a, b) => PREFERENCE.indexOf(a.kind) - PREFERENCE.indexOf(b.kind));
}
