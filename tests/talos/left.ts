import { execa } from "execa";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { guildnetHome } from "../../toolchain/home.ts";
import { SETTINGS } from "./bundle.ts";
import { cgroupsNamed } from "./cgroups.ts";
import { PREFIX } from "./lab.ts";

/** What is on this machine of a lab of that name: processes, mounts, namespaces, cgroups, folders. Others may have labs of their own. */
export async function leftOf(name: string): Promise<string[]> {
  const id = `${PREFIX}${name}`;
  const { stdout } = await execa("ip", ["netns", "list"]);
  return [
    ...processes().filter((command) => command.includes(id)),
    ...lines(readFileSync("/proc/self/mountinfo", "utf8")).filter((line) => line.includes(id)),
    ...lines(stdout).filter((line) => line.startsWith(`${id}-`)),
    ...cgroupsNamed(`${id}-`),
    ...[join("/run", id), join(guildnetHome().root, "talos", name)].filter((path) => existsSync(path)),
  ];
}

/** What Talos and the kubelet would set for the whole machine. */
export function settings(): Record<string, string> {
  const there = SETTINGS.map((name) => [name, join("/proc/sys", name)] as const).filter(([, path]) => existsSync(path));
  return Object.fromEntries(there.map(([name, path]) => [name, readFileSync(path, "utf8").trim()]));
}

function processes(): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ");
      } catch {
        return ""; // ended meanwhile
      }
    });
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
