import { execa } from "execa";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { ActionableError } from "../errors.ts";
import { inNode } from "./layout.ts";

const seconds = 1000;

/**
 * Restarts a service; a new one is not known to the supervisor for up to five seconds.
 *
 * @throws ActionableError `service-did-not-restart`: it may still run with its old settings.
 */
export async function restart(folder: string, init: number, name: string): Promise<void> {
  let said: string | undefined;
  await waitFor(
    async () => {
      const { failed, stdout, stderr } = await control(init, ["-w", "60", "restart", name]);
      said = failed ? `${stdout}\n${stderr}`.trim().split("\n").at(-1) : undefined;
      return said === undefined || !/supervise\/ok|runsv not running/.test(said);
    },
    { interval: 200, timeout: { milliseconds: 30 * seconds, fallback: () => {} } },
  );
  if (said !== undefined)
    throw new ActionableError(
      "service-did-not-restart",
      `${name} of the cluster did not restart with its new settings (${said}): run this again; its log is in ${join(folder, "log", name)}`,
    );
}

/** Runs the supervisor's control command in the node, and says how that ended. */
export function control(init: number, args: readonly string[]) {
  return execa("nsenter", [...inMounts(init), "env", `SVDIR=${inNode}/services`, "sv", ...args], { reject: false });
}

/** What `nsenter` takes to run a command among the node's files and processes. */
export function inMounts(init: number): string[] {
  return ["--target", String(init), "--mount", "--pid", "--"];
}
