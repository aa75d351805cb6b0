import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

// Plain JavaScript without a dependency: it runs when there is no node_modules yet.

/** Written after a complete install; holds the hash of the package-lock.json that was installed. */
const MARKER = ".guildnet-installed";

/**
 * Installs what package-lock.json names, unless it is installed already. One run installs, others wait
 * for it; what a killed one left is installed anew.
 * @param {string} root folder with the package-lock.json
 * @param {string} home GUILDNET_HOME
 * @param {{ say?: (line: string) => void, command?: readonly string[] }} [options] `command` replaces npm in tests
 */
export async function installDependencies(root, home, { say = (line) => process.stderr.write(`${line}\n`), command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"] } = {}) {
  if (isInstalled(root)) return;
  const release = await lock(root, home, say);
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
  return createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

/**
 * npm writes node_modules/.package-lock.json when an install is complete. Optional packages (of other
 * platforms) may be missing from it; nothing else may, and no version may differ.
 * @param {string} root
 */
function npmInstalledIt(root) {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted)
    .filter(([path]) => path.includes("node_modules/"))
    .every(([path, { version, integrity, optional, devOptional, peer }]) => {
      const found = installed[path];
      if (found === undefined) return optional === true || devOptional === true || peer === true;
      // A package whose package.json says "v1.2.3" is installed as that, and locked as 1.2.3.
      const sameVersion = found.version?.replace(/^v/, "") === version?.replace(/^v/, "");
      return sameVersion && (integrity === undefined || found.integrity === undefined || found.integrity === integrity);
    });
}

/**
 * @param {string} root
 * @param {string} home
 * @param {(line: string) => void} say
 * @param {readonly string[]} command
 */
async function install(root, home, say, [program, ...args]) {
  const logs = join(home, "logs");
  mkdirSync(logs, { recursive: true });
  const log = join(logs, "npm.log");
  const started = Date.now();
  say("Installing npm dependencies …");
  // Until this install is complete nothing may look as if it were.
  for (const sign of [MARKER, ".package-lock.json"]) rmSync(join(root, "node_modules", sign), { force: true });
  const output = openSync(log, "w");
  const code = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", output, output] });
    child.once("error", reject);
    child.once("close", resolve);
  });
  closeSync(output);
  if (code !== 0) {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    throw Object.assign(new Error(`Installing npm dependencies failed. The last lines:\n\n${lines}\n\nAll of it: ${log}`), { name: "UserError", code: "npm-failed" });
  }
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules", MARKER), lockHash(root));
  say(`Installed npm dependencies [${Math.round((Date.now() - started) / 1000)}s]`);
}

/**
 * Takes the lock of this checkout; a lock whose process is gone is taken over.
 * @param {string} root
 * @param {string} home
 * @param {(line: string) => void} say
 * @returns {Promise<() => void>} releases it
 */
async function lock(root, home, say) {
  const locks = join(home, "locks");
  mkdirSync(locks, { recursive: true });
  const file = join(locks, `npm-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`);
  for (let waiting = false; ; waiting = true) {
    try {
      const handle = openSync(file, "wx");
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isHolderGone(file)) rmSync(file, { force: true });
    else if (!waiting) say("Another run installs npm dependencies; waiting for it …");
    await delay(200);
  }
}

/** @param {string} file */
function isHolderGone(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    // Empty for the moment between its creation and its first write.
    if (pid === 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
