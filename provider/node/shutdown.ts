import { execa } from "execa";
import { existsSync } from "node:fs";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { ActionableError } from "../errors.ts";
import { containerProcesses, initProcess } from "./process.ts";
import { control } from "./supervisor.ts";
import type { Progress } from "./toolchain.ts";
import { volumeFilesInUse } from "./volume-devices.ts";

const seconds = 1000;

/**
 * Ends a node as a machine shuts down: no new containers, then containers are asked to end and
 * given ten seconds, then the database closes, and the kernel ends the rest with the first process.
 */
export async function terminate(folder: string, progress: Progress): Promise<void> {
  const init = await settledInit(folder);
  if (init === undefined) return;
  progress("stopping the cluster");
  await control(init, ["-w", "5", "force-stop", "kubelet"]);
  for (const pid of containerProcesses(init)) signal(pid, "SIGTERM");
  await waitFor(() => containerProcesses(init).length === 0, {
    interval: 50,
    timeout: { milliseconds: 10 * seconds, fallback: () => {} },
  });
  await control(init, ["-w", "2", "force-stop", "kube-apiserver", "etcd"]);
  signal(init, "SIGKILL");
  await waitFor(() => isUnlocked(lockOf(folder)), {
    interval: 20,
    timeout: { milliseconds: 30 * seconds, message: stuck(folder) },
  });
  // Its mounts end after its processes, once all that was written to them is on the disk.
  await waitFor(async () => (await volumeFilesInUse(folder)).length === 0, {
    interval: 50,
    timeout: { milliseconds: 60 * seconds, message: inUse(folder) },
  });
}

function inUse(folder: string): ActionableError {
  return new ActionableError(
    "volume-in-use",
    `volumes in ${join(folder, "volumes")} stay in use after the cluster's end; "losetup --list" names them, and whoever mounted one has to let it go`,
  );
}

/** The first process; a start or an end that was cut off by another program's death is waited for. */
export async function settledInit(folder: string): Promise<number | undefined> {
  await waitFor(async () => initProcess(folder) !== undefined || isUnlocked(lockOf(folder)), {
    interval: 20,
    timeout: { milliseconds: 30 * seconds, message: stuck(folder) },
  });
  return initProcess(folder);
}

function stuck(folder: string): ActionableError {
  return new ActionableError("node-stuck", `processes of the cluster do not end; "fuser ${lockOf(folder)}" names them`);
}

function lockOf(folder: string): string {
  return join(folder, "run", "lock");
}

async function isUnlocked(path: string): Promise<boolean> {
  return !existsSync(path) || (await execa("flock", ["--nonblock", path, "true"], { reject: false })).exitCode === 0;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
