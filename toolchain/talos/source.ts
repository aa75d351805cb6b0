import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import { goModule } from "../manifests/go-module.ts";
import type { SourceContext } from "../tools/source.ts";
import { VERSIONS } from "../versions.ts";

const MODULE = "github.com/siderolabs/talos";
const SUM = "h1:4KXRbxCZ/8FtXRV/cEaouW8K/LjRkBLG7a42dsNLe8M=";
const PATCHES = fileURLToPath(new URL("../go/machined/patches/", import.meta.url));

/** The module's folder, as upstream has it. */
export function talosSource({ home, report }: Pick<SourceContext, "home" | "report">): Promise<string> {
  return goModule(`${MODULE}@v${VERSIONS.talos.version}`, home, report, SUM);
}

/** What is changed of it, in the order in which it is; each says why in its first lines. */
export function patches(): string[] {
  return readdirSync(PATCHES)
    .sort()
    .map((name) => join(PATCHES, name));
}

/** Changes with the patches. */
export function patchesHash(): string {
  return patches()
    .reduce((hash, file) => hash.update(readFileSync(file)), createHash("sha256"))
    .digest("hex")
    .slice(0, 8);
}

/**
 * Puts a patched copy of the source into a folder: Go takes no overlay of what is in its module cache.
 * @throws UserError `patch-stale`
 */
export async function copyPatched(folder: string, context: SourceContext): Promise<void> {
  const source = await talosSource(context);
  rmSync(folder, { recursive: true, force: true });
  cpSync(source, folder, { recursive: true });
  const { execa } = await import("execa");
  for (const patch of patches()) {
    // Within a checkout git would take the patch for one of that, and leave out what lies elsewhere.
    const { failed, stderr } = await execa("git", ["apply", "-p1", patch], {
      cwd: folder,
      env: { GIT_CEILING_DIRECTORIES: dirname(folder) },
      reject: false,
      stdin: "ignore",
    });
    if (failed)
      throw new UserError("patch-stale", `${patch} does not fit Talos ${VERSIONS.talos.version}: ${stderr.trim()}`);
  }
}
