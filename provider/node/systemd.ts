import { execa } from "execa";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomically } from "./atomic.ts";
import { toolchainCommand } from "./toolchain.ts";

/** Of this machine; elsewhere in tests. */
const unitFolder = "/etc/systemd/system";

/** Whether systemd runs this machine (sd_booted(3)): nodes are units of it then, and come back when the machine does. */
export function hasSystemd(folder = "/run/systemd/system"): boolean {
  return existsSync(folder);
}

export function unitOf(clusterName: string): string {
  return `guildnet-${clusterName}.service`;
}

/** The node's unit as systemd reads it. Pure. */
export function unitFile({
  clusterName,
  folder,
  toolchain,
}: {
  clusterName: string;
  folder: string;
  toolchain: string | undefined;
}): string {
  // A checkout that can't do it any more is no reason not to start: each has two minutes, and may fail.
  const tool = (...args: string[]): string[] =>
    toolchain === undefined
      ? []
      : [
          `-${["/usr/bin/timeout", "--kill-after=5", "120", process.execPath, toolchain, ...args].map(quoted).join(" ")}`,
        ];
  return ini({
    Unit: {
      Description: `GuildNet cluster ${clusterName}`,
      Wants: "network-online.target",
      After: "network-online.target",
      RequiresMountsFor: quoted(folder),
    },
    Service: {
      Type: "exec",
      // The folder alone brings the node back; without the checkout its certificates and name servers stay as they were.
      ExecStartPre: tool("cluster-prepare", clusterName),
      ExecStart: ["/bin/bash", join(folder, "run", "start"), folder].map(quoted).join(" "),
      ExecStop: tool("cluster-stop", clusterName),
      Environment: `"GUILDNET_HOME=${inQuotes(dirname(dirname(folder)))}"`,
      EnvironmentFile: `-${escaped(join(folder, "etc", "environment"))}`,
      StandardOutput: `append:${escaped(join(folder, "log", "console"))}`,
      StandardError: "inherit",
      Delegate: "yes",
      // Of a pod that runs out of memory one process ends, not the node.
      OOMPolicy: "continue",
      TasksMax: "infinity",
      LimitNOFILE: "1048576",
      TimeoutStartSec: "180",
      TimeoutStopSec: "90",
      // A node that is stopped is killed: the kernel ends all its processes with the first.
      SuccessExitStatus: "SIGKILL 137",
    },
    Install: { WantedBy: "multi-user.target" },
  });
}

/** Writes the unit, has it start with the machine, and starts it. */
export async function startUnit(clusterName: string, folder: string, units = unitFolder): Promise<void> {
  await writeAtomically(
    join(units, unitOf(clusterName)),
    unitFile({ clusterName, folder, toolchain: toolchainCommand() }),
  );
  await execa("systemctl", ["daemon-reload"]);
  await execa("systemctl", ["enable", "--quiet", unitOf(clusterName)]);
  await forgetFailure(clusterName);
  await execa("systemctl", ["start", unitOf(clusterName)]);
}

/** Whether the node runs as a unit. */
export async function isUnitActive(clusterName: string): Promise<boolean> {
  return (await execa("systemctl", ["is-active", "--quiet", unitOf(clusterName)], { reject: false })).exitCode === 0;
}

/** A node that a person stopped does not come back with the machine. */
export async function disableUnit(clusterName: string, units = unitFolder): Promise<void> {
  if (!existsSync(join(units, unitOf(clusterName)))) return;
  await execa("systemctl", ["disable", "--quiet", unitOf(clusterName)]);
  await forgetFailure(clusterName);
}

/** Removes the unit of a node that has ended. */
export async function removeUnit(clusterName: string, units = unitFolder): Promise<void> {
  const path = join(units, unitOf(clusterName));
  if (!existsSync(path)) return;
  await execa("systemctl", ["disable", "--quiet", unitOf(clusterName)]);
  await rm(path);
  await execa("systemctl", ["daemon-reload"]);
  await forgetFailure(clusterName);
}

/** A node that was stopped was killed, which systemd calls a failure. */
async function forgetFailure(clusterName: string): Promise<void> {
  await execa("systemctl", ["reset-failed", unitOf(clusterName)], { reject: false }); // it fails itself where nothing had
}

/** Variables as systemd reads them from a file (EnvironmentFile= in systemd.exec(5)). */
export function environmentFile(variables: NodeJS.ProcessEnv): string {
  return Object.entries(variables)
    .map(([name, value = ""]) => `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"\n`)
    .join("");
}

type Section = Record<string, string | readonly string[]>;

function ini(sections: Record<string, Section>): string {
  return Object.entries(sections)
    .map(([name, section]) => `[${name}]\n${lines(section)}`)
    .join("\n");
}

function lines(section: Section): string {
  return Object.entries(section)
    .flatMap(([key, values]) => [values].flat().map((value) => `${key}=${value}\n`))
    .join("");
}

/** systemd replaces what stands behind a percent sign. */
function escaped(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One argument of a command, whatever is in it. */
function quoted(text: string): string {
  return `"${inQuotes(text).replaceAll("$", "$$$$")}"`;
}

function inQuotes(text: string): string {
  return escaped(text).replaceAll(/["\\]/g, "\\$&");
}
