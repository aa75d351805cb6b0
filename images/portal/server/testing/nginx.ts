import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, chmod } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
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
  await copyFile(config, join(folder, "nginx.conf"));
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf"], { cwd: folder, env: { ...process.env, PATH }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk));
  const ended = once(child, "exit").then(() => {
    throw new Error(`nginx ended: ${said}`);
  });
  await Promise.race([listens(ready), ended]);
  ended.catch(() => undefined);
  return async () => {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  };
}

async function listens(at: string | number): Promise<void> {
  for (;;) {
    const socket = typeof at === "string" ? connect(at) : connect(at, "127.0.0.1");
    const answered = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (answered) return;
    await sleep(20);
  }
}
