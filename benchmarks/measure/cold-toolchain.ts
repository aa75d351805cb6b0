import { mkdtempSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Commands } from "../commands.ts";
import type { Figure } from "../figures.ts";
import { Product } from "../product.ts";

const LIMIT_MS = 120 * 60_000;

/**
 * From an empty GUILDNET_HOME and package registries alone to a workspace that is ready, once. Debian packages
 * and the checkout's node_modules stay as they are.
 */
export async function coldToolchain(home: string, commands: Commands): Promise<Figure[]> {
  const empty = mkdtempSync(join(dirname(home), ".guildnet-bench-"));
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.startsWith(home));
  const product = new Product(empty, commands, { GUILDNET_TOOLCHAIN: "registries", PATH: path.join(delimiter) });
  try {
    product.configure();
    const values = [await product.verb("up", [], { limitMs: LIMIT_MS })];
    return [
      {
        name: "cold up, nothing built",
        unit: "s",
        values,
        includes:
          "empty GUILDNET_HOME: Pulumi, its Kubernetes plugin, Kubernetes and all images built from package registries, then as cold up; Debian packages and node_modules were there",
      },
    ];
  } finally {
    commands.resume();
    await product.remove();
    rmSync(empty, { recursive: true, force: true });
  }
}
