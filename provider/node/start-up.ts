import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import waitFor from "p-wait-for";
import { ActionableError } from "../errors.ts";
import { grantRoles, readiness, type Readiness } from "./api.ts";
import { writeAtomically } from "./atomic.ts";
import { cgroupOf, createCgroup, isDelegated, removeCgroup } from "./cgroup.ts";
import { nodeEnvironment } from "./environment.ts";
import { pauseImage } from "./files.ts";
import { bringImage } from "./images.ts";
import { nodeName } from "./layout.ts";
import { initProcess } from "./process.ts";
import type { NodeSpec } from "./spec.ts";
import { environmentFile, hasSystemd, isUnitActive, startUnit, unitOf } from "./systemd.ts";
import type { Progress } from "./toolchain.ts";

const seconds = 1000;

/** Starts the node's first process: as a unit where there is systemd, else in a session of its own, so that it outlives this program and its terminal. */
export async function launch(folder: string, spec: NodeSpec): Promise<void> {
  await freshCgroup(spec.clusterName);
  const environment = nodeEnvironment(process.env, spec);
  await writeAtomically(join(folder, "etc", "environment"), environmentFile(environment), 0o600);
  const whyEnded = hasSystemd() ? await launchUnit(folder, spec.clusterName) : launchProcess(folder, environment);
  let ended: string | undefined;
  await waitFor(async () => (ended = await whyEnded()) !== undefined || initProcess(folder) !== undefined, {
    interval: 20,
    timeout: { milliseconds: 20 * seconds },
  });
  if (ended !== undefined)
    throw new ActionableError(
      "node-did-not-start",
      `the cluster's first process ended (${ended}): ${lastLines(join(folder, "log", "console"))}`,
    );
}

/** Each way to launch says afterwards whether, and how, the first process ended. */
type WhyEnded = () => Promise<string | undefined>;

async function launchUnit(folder: string, clusterName: string): Promise<WhyEnded> {
  await startUnit(clusterName, folder);
  return async () =>
    (await isUnitActive(clusterName)) ? undefined : `as a unit; "systemctl status ${unitOf(clusterName)}" tells more`;
}

function launchProcess(folder: string, env: NodeJS.ProcessEnv): WhyEnded {
  const console = openSync(join(folder, "log", "console"), "a");
  const child = spawn(join(folder, "run", "start"), [folder], {
    detached: true,
    stdio: ["ignore", console, console],
    cwd: "/",
    env,
  });
  let ended: string | undefined;
  child
    .once("error", (error) => (ended = error.message))
    .once("exit", (code, signal) => (ended = String(code ?? signal ?? "unknown")));
  child.unref();
  return async () => ended;
}

/** A node that was cut off leaves its pods' cgroups behind, and the kubelet would look for the container of each for three seconds. */
export async function freshCgroup(clusterName: string): Promise<void> {
  if (isDelegated()) return; // it comes and goes with the unit
  await removeCgroup(cgroupOf(clusterName));
  await createCgroup(cgroupOf(clusterName));
}

export async function waitUntilReady(folder: string, spec: NodeSpec, progress: Progress): Promise<void> {
  let last: Readiness = { ready: false };
  let granted = false;
  const isPatient = patience();
  await waitFor(
    async () => {
      const roles = granted ? { ready: true } : await grantRoles(folder, spec);
      granted = roles.ready;
      const current = granted ? await readiness(folder, spec, nodeName) : roles;
      const wait = summary(current);
      if (wait !== undefined && wait !== summary(last)) progress(wait);
      last = current;
      return current.ready || !isPatient(current.reason) || initProcess(folder) === undefined;
    },
    { interval: 100 },
  );
  const init = initProcess(folder),
    logs = join(folder, "log");
  if (init === undefined)
    throw new ActionableError(
      "node-did-not-start",
      `the cluster ended while starting: ${lastLines(join(logs, "console"))}; its logs are in ${logs}`,
    );
  if (!last.ready)
    throw new ActionableError(
      "node-not-ready",
      `the cluster did not become ready: ${last.reason}; its logs are in ${logs}`,
    );
  await bringImage({ folder, init }, pauseImage, {}, progress);
}

/**
 * Whether a node is waited for any longer, by what it lacks each time: old and small machines take minutes, and busy
 * ones many. One that goes on has five minutes after each new lack, and half an hour in all; one that repeats itself
 * does not go on.
 *
 * @param now milliseconds.
 */
export function patience(now: () => number = Date.now): (lack: string | undefined) => boolean {
  const told = new Set<string | undefined>(),
    end = now() + 1800 * seconds;
  let deadline = 0;
  return (lack) => {
    if (!told.has(lack)) deadline = Math.min(now() + 300 * seconds, end);
    told.add(lack);
    return now() <= deadline;
  };
}

/** The reason without its details, which change many times a second while a node starts. */
function summary({ reason }: Readiness): string | undefined {
  return reason?.split(":")[0];
}

function lastLines(path: string): string {
  return readFileSync(path, "utf8").trim().split("\n").slice(-5).join(" / ");
}
