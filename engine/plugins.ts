import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../toolchain/home.ts";
import type { InstalledTool } from "../toolchain/tools/tool.ts";

/**
 * Puts the Kubernetes plugin where the engine looks for it. The folder has to be a real one: the engine skips links to folders.
 * @returns path of its program
 */
export function placeKubernetesPlugin(home: Home, { version, path }: InstalledTool): string {
  const program = "pulumi-resource-kubernetes";
  const folder = join(home.pulumi, "plugins", `resource-kubernetes-v${version}`);
  const link = join(folder, program);
  const target = join(path, "bin", program);
  if (existsSync(link) && lstatSync(link).isSymbolicLink() && readlinkSync(link) === target) return target;
  mkdirSync(folder, { recursive: true });
  const temporary = `${link}.${process.pid}`;
  symlinkSync(target, temporary);
  renameSync(temporary, link);
  return target;
}
