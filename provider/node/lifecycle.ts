import { execa } from "execa";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { check, lock } from "proper-lockfile";
import { readiness, type Readiness } from "./api.ts";
import { writeAtomically } from "./atomic.ts";
import { cgroupOf, createCgroup, isDelegated, removeCgroup } from "./cgroup.ts";
import { rememberPorts } from "./former-ports.ts";
import { isHalfStopped } from "./half-stopped.ts";
import { handOverHomes } from "./home-ownership.ts";
import { nodeFolder, nodeName } from "./layout.ts";
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
import { initProcess } from "./process.ts";
import { services, type Service } from "./services.ts";
import { raiseSharedLimits } from "./shared-limits.ts";
import { settledInit, terminate } from "./shutdown.ts";
import { nodeSpec, type NodeSpec } from "./spec.ts";
import { freshCgroup, launch, waitUntilReady } from "./start-up.ts";
import { inMounts, restart } from "./supervisor.ts";
import { disableUnit, hasSystemd, isUnitActive, removeUnit } from "./systemd.ts";
import { requireTools, type Progress } from "./toolchain.ts";
import { checkVolumeFiles } from "./volume-devices.ts";

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
