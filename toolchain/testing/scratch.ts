import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { guildnetHome, type Home } from "../home.ts";

/** A folder of its own for each test of a file, removed afterwards. */
export interface Scratch {
  readonly path: string;
  readonly home: Home;
}

/** Call at the top of a test file; the fields are valid inside tests. */
export function useScratch(): Scratch {
  let path = "";
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), "guildnet-toolchain-"));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    get home() {
      return guildnetHome({ GUILDNET_HOME: join(path, "home") });
    },
  };
}
