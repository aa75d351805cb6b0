import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, chmod } from "node:fs/promises";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where Debian has it, which is not on everybody's PATH. */
const PATH = `${process.env["PATH"]}:/usr/sbin`;

/**
 * Starts nginx in a folder, with `tls.crt` and `tls.key` in it.
 * @param config its file
 * @param ready a socket's path or a port at which it listens then
 * @returns how to stop it
 */
export async function startNginx(folder: string, config: string, ready: string | number): Promise<() => Promise<void>> {
  // Its workers are somebody else, where it was started by root.
  await chmod(folder, 0o755);
  await copyFile(config, join(folder, basename(config)));
  const child = spawn("nginx", ["-p", folder, "-c", basename(config)], {
    cwd: folder,
    env: { ...process.env, PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
  return await listening(child, ready, () => said);
}

/**
 * Waits until a program listens.
 * @param at a socket's path, or a port
 * @returns how to stop it
 * @throws where it ended instead
 */
export async function listening(
  child: ChildProcess,
  at: string | number,
  said = (): string => "",
): Promise<() => Promise<void>> {
  const ended = once(child, "exit");
  while (!(await answers(at))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnfile} ended: ${said()}`);
    await sleep(20);
  }
  return async () => {
    child.kill("SIGTERM");
    await ended;
  };
}

async function answers(at: string | number): Promise<boolean> {
  const socket = typeof at === "string" ? connect(at) : connect(at, "127.0.0.1");
  const result = await new Promise<boolean>((resolve) =>
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false)),
  );
  socket.destroy();
  return result;
}
