#!/usr/bin/env node
// What every npm script starts: plain JavaScript, because on a bare machine there is nothing to run anything else with.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = [20, 19];
/** These run the program, the provider or the policy pack, which are bundled from their sources first. */
const NEED_BUILD = new Set(["up", "preview", "destroy", "pulumi", "test", "bench", "conformance"]);

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const home = resolve(process.env.GUILDNET_HOME || join(homedir(), ".guildnet"));
const args = process.argv.slice(2);

checkNode();
try {
  const { installDependencies } = await import("./npm-dependencies.mjs");
  await installDependencies(root, home);
} catch (error) {
  fail(error.name === "UserError" ? error.message : error.stack);
}
if (NEED_BUILD.has(args[0]) && !args.includes("--help")) await build();
const { main } = await import(await commandLine());
await main(args);

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`Node ${OLDEST_NODE.join(".")} or later is needed; this is ${process.versions.node}.`);
}

async function build() {
  const { buildParts } = await import("./build.mjs");
  try {
    const built = await buildParts();
    if (built.length > 0) process.stderr.write(`built ${built.join(", ")}\n`);
  } catch (error) {
    fail(error.message);
  }
}

/** Bundled, since compiling each of its files as it is imported costs half a second of every run. */
async function commandLine() {
  const { bundleOf } = await import("./program/bundle.mjs");
  try {
    return pathToFileURL(await bundleOf(root, "cli/main.ts", { split: true })).href;
  } catch (error) {
    fail(error.message);
  }
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
