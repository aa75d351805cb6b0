import { relative, sep } from "node:path";
import { watch } from "chokidar";
import { isNotePath } from "./note-path.ts";

/** Changes that come together, as git makes them, are told together. */
const QUIET_MS = 40;

export interface FolderWatch {
  readonly changed: (paths: readonly string[]) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Tells which notes of a folder may be other than they were.
 * @returns how to stop, once nothing more is missed
 */
export async function watchFolder(folder: string, { changed, failed }: FolderWatch): Promise<() => Promise<void>> {
  const seen = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const pathOf = (file: string): string => relative(folder, file).split(sep).join("/");
  const tell = (): void => {
    timer = undefined;
    const paths = [...seen];
    seen.clear();
    changed(paths);
  };
  const watcher = watch(folder, {
    followSymlinks: false,
    ignoreInitial: true,
    ignored: (file) => /(^|\/)\./.test(pathOf(file)),
  });
  watcher.on("all", (_event, file) => {
    const path = pathOf(file);
    if (!isNotePath(path)) return;
    seen.add(path);
    timer ??= setTimeout(tell, QUIET_MS);
  });
  watcher.on("error", failed);
  await new Promise<void>((resolve) => void watcher.once("ready", resolve));
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}
