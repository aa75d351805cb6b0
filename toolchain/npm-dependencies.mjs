import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

// Plain JavaScript without a dependency: it runs when there is no node_modules yet.

/** Written after a complete install; holds the hash of the package-lock.json that was installed, and of how. */
const MARKER = ".guildnet-installed";

/** Everything the lock names, whatever NODE_ENV and people's own .npmrc leave out: builds and tests need it. */
const COMMAND = [
  "npm",
  "ci",
  "--include=dev",
  "--include=optional",
  "--include=peer",
  "--global=false",
  "--dry-run=false",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
];

/** Of util-linux; it becomes the program that it starts, and has the kernel end that with this process. */
const SETPRIV = "/usr/bin/setpriv";

/**
 * Installs what package-lock.json names, unless it is installed already. One run installs, others wait
 * for it; what a killed one left is installed anew.
 * @param {string} root folder with the package-lock.json
 * @param {string} home GUILDNET_HOME
 * @param {{ say?: (line: string) => void, command?: readonly string[] }} [options] `command` replaces npm in tests
 */
export async function installDependencies(
  root,
  home,
  { say = (line) => process.stderr.write(`${line}\n`), command = COMMAND } = {},
) {
  if (isInstalled(root)) return;
  const release = await lock(root, say);
  try {
    if (isInstalled(root)) return;
    await install(root, home, say, command);
  } finally {
    release();
  }
}

/**
 * Whether node_modules holds what package-lock.json names: by our marker, or by npm's own account of what
 * it has installed (then the marker is written, so that the comparison is made once).
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = lockHash(root);
  const marker = join(root, "node_modules", MARKER);
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return true;
  if (!npmInstalledIt(root)) return false;
  writeFileSync(marker, wanted);
  return true;
}

/** @param {string} root */
function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(COMMAND.join(" "))
    .digest("hex");
}

/**
 * npm writes node_modules/.package-lock.json when an install is complete. Optional packages may be missing from it if
 * they are not those of this platform (esbuild's binary is optional, and needed); nothing else may, and no version may differ.
 * @param {string} root
 */
function npmInstalledIt(root) {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted)
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, { version, integrity, optional, devOptional, peer, os, cpu, libc }]) => {
      const found = installed[path];
      const isForHere =
        os !== undefined &&
        cpu !== undefined &&
        os.includes(process.platform) &&
        cpu.includes(process.arch) &&
        (libc === undefined || libc.includes(ownLibc()));
      if (found === undefined) return !isForHere && (optional === true || devOptional === true || peer === true);
      // A package whose package.json says "v1.2.3" is installed as that, and locked as 1.2.3.
      const sameVersion = found.version?.replace(/^v/, "") === version?.replace(/^v/, "");
      return sameVersion && (integrity === undefined || found.integrity === undefined || found.integrity === integrity);
    });
}

/** "glibc" or "musl". */
function ownLibc() {
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/**
 * @param {string} root
 * @param {string} home
 * @param {(line: string) => void} say
 * @param {readonly string[]} command
 */
async function install(root, home, say, command) {
  const logs = join(home, "logs");
  mkdirSync(logs, { recursive: true });
  const log = join(logs, "npm.log");
  const started = Date.now();
  say("Installing npm dependencies …");
  // Until this install is complete nothing may look as if it were.
  for (const sign of [MARKER, ".package-lock.json"]) rmSync(join(root, "node_modules", sign), { force: true });
  const output = openSync(log, "w");
  const [program, ...args] = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "TERM", ...command] : command;
  const code = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", output, output] });
    child.once("error", reject);
    child.once("close", resolve);
  });
  closeSync(output);
  if (code !== 0) {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    throw Object.assign(
      new Error(`Installing npm dependencies failed. The last lines:\n\n${lines}\n\nAll of it: ${log}`),
      { name: "UserError", code: "npm-failed" },
    );
  }
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules", MARKER), lockHash(root));
  say(`Installed npm dependencies [${Math.round((Date.now() - started) / 1000)}s]`);
}

/**
 * Takes the lock of this checkout: a name that one process alone can listen at, and that the kernel takes back however that ends.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<() => void>} releases it
 */
async function lock(root, say) {
  const name = `\0guildnet-npm-${createHash("sha256").update(root).digest("hex")}`;
  for (let waiting = false; ; waiting = true) {
    const server = createServer((asking) => asking.destroy());
    try {
      await once(server.listen(name).unref(), "listening");
      return () => void server.close();
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
    }
    if (!waiting) say("Another run installs npm dependencies; waiting for it …");
    await delay(200);
  }
}
