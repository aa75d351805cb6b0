import { openLog } from "../log.ts";
import { runLogged } from "../run-logged.ts";
import type { ImageStore, Log } from "./store.ts";

/** What a recipe works with. */
export interface Builder {
  readonly store: ImageStore;
  readonly log: Log;
  /** Makes sure that another image is in the store, by whichever way there is. */
  ensure(reference: string): Promise<void>;
}

/** Builds the stand-in for one upstream image and commits it under that image's own reference. */
export type Recipe = (reference: string, builder: Builder) => Promise<void>;

/**
 * Runs a program of this machine for a recipe.
 * @throws UserError with its last lines, or that it is not installed
 */
export async function runTool(
  { store, log }: Builder,
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<void> {
  await runLogged(command, args, { cwd, log: openLog(store.home, `image-${command}`), onLine: log });
}
