/** The test stack's embedded node from the inside. */
import { execa } from "execa";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { clusterFolder } from "./guildnet.ts";

/** Number of the node's first process on this machine. */
export function firstProcess(): number {
  return (JSON.parse(readFileSync(join(clusterFolder, "run", "init.json"), "utf8")) as { pid: number }).pid;
}

/** Runs a command inside the node, in its network. Never throws. */
export async function inNode(...command: string[]): Promise<{ stdout: string; stderr: string; exitCode?: number }> {
  const { stdout, stderr, exitCode } = await execa(
    "nsenter",
    [
      "--target",
      String(firstProcess()),
      "--mount",
      "--pid",
      "--",
      "nsenter",
      "--net=/run/node.netns",
      "--",
      ...command,
    ],
    { reject: false },
  );
  return { stdout, stderr, exitCode };
}

/** The same, but it must end well. */
export async function mustInNode(...command: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await inNode(...command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode} in the node:\n${stdout}\n${stderr}`);
  return stdout;
}
