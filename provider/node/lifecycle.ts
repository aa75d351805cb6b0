import { execa } from "execa";
import { spawn } from "node:child_process";
import { existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { check, lock } from "proper-lockfile";
import waitFor from "p-wait-for";
import { ActionableError } from "../errors.ts";
import { grantRoles, readiness, type Readiness } from "./api.ts";
import { writeAtomically } from "./atomic.ts";
import { cgroupOf, createCgroup, isDelegated, removeCgroup } from "./cgroup.ts";
import { pauseImage } from "./files.ts";
import { nodeEnvironment } from "./environment.ts";
import { bringImage } from "./images.ts";
import { rememberPorts } from "./former-ports.ts";
import { isHalfStopped } from "./half-stopped.ts";
import { handOverHomes } from "./home-ownership.ts";
import { inNode, nodeFolder, nodeName } from "./layout.ts";
import { checkMachine, checkNetfilter, checkPorts, portsOf } from "./machine.ts";
import {
  fingerprints,
  isFurnishedAlike,
  fingerprintFile,
  nodeFingerprint,
  network,
  programsOf,
  runsOn,
  runsWith,
  startedWith,
  writeFiles,
} from "./node-files.ts";
import { initProcess, containerProcesses } from "./process.ts";
import { services, type Service } from "./services.ts";
import { raiseSharedLimits } from "./shared-limits.ts";
import { nodeSpec, type NodeSpec } from "./spec.ts";
import { disableUnit, environmentFile, hasSystemd, isUnitActive, removeUnit, startUnit, unitOf } from "./systemd.ts";
import { requireTools, type Progress } from "./toolchain.ts";
import { checkVolumeFiles, volumeFilesInUse } from "./volume-devices.ts";

const seconds = 1000;

/**
 * Makes a node run as specified and waits until it is ready: starts it, restarts what changed
 * of it, or does nothing. Safe to repeat after an interruption at any point.
 *
 * @returns the administrator's kubeconfig, YAML, secret.
 */
export async function startNode(spec: NodeSpec, progress: Progress = () => {}): Promise<string> {
  const folder = nodeFolder(spec.clusterName);
  return exclusively(folder, async () => {
    await checkMachine(dirname(folder));
    for (const lack of raiseSharedLimits()) progress(lack);
    const tools = await requireTools(["kubernetes", "node-packages"], progress);
    const running = await settledInit(folder);
    const previous = savedSpec(folder);
    await checkPorts(portsOf(spec), running);
    if (spec.volumeSizes === "reserved") await checkVolumeFiles(dirname(folder));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeAtomically(join(folder, "identity"), spec.clusterIdentifier);
    const wanted = services(spec);
    const kubeconfig = await writeFiles(folder, spec, wanted);
    handOverHomes(spec.clusterName);
    // Versions before this one started nodes beside systemd, where it exists.
    const inPlace = !hasSystemd() || (await isUnitActive(spec.clusterName));
    if (
      running !== undefined &&
      !isHalfStopped(folder) &&
      inPlace &&
      previous?.kubernetesVersion === spec.kubernetesVersion &&
      runsOn(folder) === tools.kubernetes &&
      isFurnishedAlike(folder)
    ) {
      await applyChanged(folder, running, wanted, progress);
    } else {
      await checkNetfilter();
      if (running !== undefined) await terminate(folder, progress);
      progress("starting the cluster");
      await writeAtomically(runsWith(folder), JSON.stringify(fingerprints(folder, wanted)));
      await writeAtomically(programsOf(folder), tools.kubernetes!);
      await launch(folder, spec);
    }
    // In version 1 systemd sweeps empty cgroups away as it reads its units anew, and knows nothing of this one.
    if (!isDelegated()) await createCgroup(cgroupOf(spec.clusterName));
    await rememberPorts(folder, [...(previous?.publish ?? []), ...spec.publish]);
    await writeAtomically(join(folder, "spec.json"), JSON.stringify(spec, null, 2), 0o600);
    await writeAtomically(fingerprintFile(folder), nodeFingerprint(spec));
    await waitUntilReady(folder, spec, progress);
    return kubeconfig;
  });
}

/** Stops a node and keeps all its data. Does nothing when it is not running. */
export async function stopNode(clusterName: string, progress: Progress = () => {}): Promise<void> {
  const folder = nodeFolder(clusterName);
  if (!existsSync(folder)) return;
  await exclusively(folder, async () => {
    await terminate(folder, progress);
    await disableUnit(clusterName);
  });
}

/**
 * What a node's unit does before it starts the node: files are written anew, so that certificates are renewed
 * and name servers are those of now. Nothing, where another program is at work on the node: it has done so.
 */
export async function prepareNode(clusterName: string, progress: Progress = () => {}): Promise<void> {
  const folder = nodeFolder(clusterName),
    spec = savedSpec(folder);
  if (spec === undefined || (await check(folder, lockOptions(folder)))) return;
  await exclusively(folder, async () => {
    for (const lack of raiseSharedLimits()) progress(lack);
    await checkNetfilter();
    const wanted = services(spec);
    await writeFiles(folder, spec, wanted);
    await writeAtomically(runsWith(folder), JSON.stringify(fingerprints(folder, wanted)));
    await freshCgroup(clusterName);
  });
}

/** What a node's unit does when the machine shuts down: the same as `stopNode`, but the node is to come back. */
export async function suspendNode(clusterName: string, progress: Progress = () => {}): Promise<void> {
  const folder = nodeFolder(clusterName);
  if (existsSync(folder)) await exclusively(folder, () => terminate(folder, progress));
}

/** Stops a node and removes everything it made, but for its volumes where they are to be kept and there are any. */
export async function deleteNode(
  clusterName: string,
  keepVolumes: boolean,
  progress: Progress = () => {},
): Promise<void> {
  const folder = nodeFolder(clusterName);
  if (existsSync(folder)) {
    await exclusively(folder, async () => {
      await terminate(folder, progress);
      const volumes = join(folder, "volumes");
      const keep = keepVolumes && existsSync(volumes) && readdirSync(volumes).length > 0;
      await removeFrom(folder, keep ? ["volumes"] : []);
      if (keep) progress(`kept the volumes in ${volumes}`);
      else await rm(folder, { recursive: true });
    });
  }
  await removeUnit(clusterName);
  await removeCgroup(cgroupOf(clusterName));
}

/** A deletion may be cut off, and a start may follow: data is there whole or not at all, and never without its keys. */
async function removeFrom(folder: string, kept: readonly string[]): Promise<void> {
  const removed = join(folder, "removed");
  await rm(removed, { recursive: true, force: true });
  await mkdir(removed);
  const entries = (await readdir(folder)).filter((entry) => entry !== "removed" && !kept.includes(entry));
  for (const entry of entries.sort((a, b) => Number(b === "data") - Number(a === "data")))
    await rename(join(folder, entry), join(removed, entry));
  await rm(removed, { recursive: true });
}

/** How a node is: its readiness, or why there is none. */
export async function nodeHealth(clusterName: string): Promise<Readiness> {
  const folder = nodeFolder(clusterName),
    spec = savedSpec(folder);
  if (spec === undefined) return { ready: false, reason: "there is no such cluster" };
  if (initProcess(folder) === undefined) return { ready: false, reason: "the cluster is stopped" };
  if (isHalfStopped(folder)) return { ready: false, reason: "a stop of the cluster was cut off" };
  return readiness(folder, spec, nodeName);
}

/** Whether a node's first process runs; undefined where there is no node, and while a program is at work on it. */
export async function isAlive(clusterName: string): Promise<boolean | undefined> {
  const folder = nodeFolder(clusterName);
  if (savedSpec(folder) === undefined || (await check(folder, lockOptions(folder)))) return undefined;
  return initProcess(folder) !== undefined;
}

/** The specification a node was last started with; none when that was by a version of this program which wrote it otherwise. */
export function savedSpec(folder: string): NodeSpec | undefined {
  const path = join(folder, "spec.json");
  return existsSync(path) ? nodeSpec.safeParse(JSON.parse(readFileSync(path, "utf8"))).data : undefined;
}

/** The identifier of the data that a node has here; none without data. */
export function savedIdentity(folder: string): string | undefined {
  const path = join(folder, "identity");
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Two programs never work on one node at a time; the second waits. */
async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  const release = await lock(folder, {
    ...lockOptions(folder),
    retries: { retries: 600, minTimeout: 500, maxTimeout: 1000 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

function lockOptions(folder: string) {
  return { realpath: false, lockfilePath: `${folder}.lock`, stale: 15 * seconds };
}

async function applyChanged(
  folder: string,
  init: number,
  wanted: Record<string, Service>,
  progress: Progress,
): Promise<void> {
  const before = startedWith(folder),
    after = fingerprints(folder, wanted);
  const changed = Object.keys(after).filter((service) => before[service] !== after[service]);
  let applied = before;
  for (const name of changed) {
    if (name === "network") {
      progress("changing the cluster's network");
      await execa("nsenter", [...inMounts(init), ...network.command]);
    } else {
      progress(`restarting ${name}`);
      await restart(folder, init, name);
    }
    applied = { ...applied, [name]: after[name]! };
    await writeAtomically(runsWith(folder), JSON.stringify(applied));
  }
  await writeAtomically(runsWith(folder), JSON.stringify(after));
}

/**
 * Restarts a service; a new one is not known to the supervisor for up to five seconds.
 *
 * @throws ActionableError `service-did-not-restart`: it may still run with its old settings.
 */
async function restart(folder: string, init: number, name: string): Promise<void> {
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
function control(init: number, args: readonly string[]) {
  return execa("nsenter", [...inMounts(init), "env", `SVDIR=${inNode}/services`, "sv", ...args], { reject: false });
}

/** What `nsenter` takes to run a command among the node's files and processes. */
function inMounts(init: number): string[] {
  return ["--target", String(init), "--mount", "--pid", "--"];
}

/** Starts the node's first process: as a unit where there is systemd, else in a session of its own, so that it outlives this program and its terminal. */
async function launch(folder: string, spec: NodeSpec): Promise<void> {
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
async function freshCgroup(clusterName: string): Promise<void> {
  if (isDelegated()) return; // it comes and goes with the unit
  await removeCgroup(cgroupOf(clusterName));
  await createCgroup(cgroupOf(clusterName));
}

async function waitUntilReady(folder: string, spec: NodeSpec, progress: Progress): Promise<void> {
  let last: Readiness = { ready: false };
  let granted = false;
  // Old and small machines take minutes, and busy ones many: a node that goes on is waited for, one that only repeats itself is not.
  const told = new Set<string | undefined>();
  const end = Date.now() + 1800 * seconds;
  let deadline = 0;
  await waitFor(
    async () => {
      const roles = granted ? { ready: true } : await grantRoles(folder, spec);
      granted = roles.ready;
      const current = granted ? await readiness(folder, spec, nodeName) : roles;
      const wait = summary(current);
      if (wait !== undefined && wait !== summary(last)) progress(wait);
      last = current;
      if (!told.has(current.reason)) deadline = Math.min(Date.now() + 300 * seconds, end);
      told.add(current.reason);
      return current.ready || Date.now() > deadline || initProcess(folder) === undefined;
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

/** The reason without its details, which change many times a second while a node starts. */
function summary({ reason }: Readiness): string | undefined {
  return reason?.split(":")[0];
}

/**
 * Ends a node as a machine shuts down: no new containers, then containers are asked to end and
 * given ten seconds, then the database closes, and the kernel ends the rest with the first process.
 */
async function terminate(folder: string, progress: Progress): Promise<void> {
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
async function settledInit(folder: string): Promise<number | undefined> {
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

function lastLines(path: string): string {
  return readFileSync(path, "utf8").trim().split("\n").slice(-5).join(" / ");
}
