import type { Home } from "../home.ts";
import type { Log } from "../log.ts";
import type { Source } from "./source.ts";

/** A tool that is ready for use. `path` is absolute: its folder, or the folder of its main program. */
export interface InstalledTool {
  readonly version: string;
  readonly path: string;
  readonly source: Source["kind"];
}

/** What an installation is given. */
export interface InstallContext {
  readonly home: Home;
  readonly log: Log;
  /** Use package registries alone, whatever else is in reach. */
  readonly offline: boolean;
  /** Shows what goes on right now; at most a line. */
  readonly report: (activity: string) => void;
}

/** Something the project needs on a machine. */
export interface Tool {
  readonly name: string;
  /** For a person: `Kubernetes 1.36.3`. */
  readonly title: string;
  /** The tool, if it is ready. Called on every run: no process is started, nothing is locked. */
  find(home: Home): InstalledTool | undefined;
  /** Makes it ready. Runs under the tool's lock, after a `find` that found nothing. */
  install(context: InstallContext): Promise<void>;
}
