import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "./atomic.ts";
import { cgroupOf } from "./cgroup.ts";
import { ensureCredentials } from "./credentials.ts";
import { proxySettings } from "./environment.ts";
import { files } from "./files.ts";
import { inNode, networkNamespace, nodeFolder } from "./layout.ts";
import { etc, services, type Service } from "./services.ts";
import type { NodeSpec } from "./spec.ts";

const scripts = join(import.meta.dirname, "scripts");

/** Whether a node was last started, or changed, with all that this program would start it with today. */
export function isCurrent(spec: NodeSpec): boolean {
  const path = fingerprintFile(nodeFolder(spec.clusterName));
  return existsSync(path) && readFileSync(path, "utf8") === nodeFingerprint(spec);
}

/**
 * Writes all files that a node is made of.
 *
 * @returns the administrator's kubeconfig, YAML, secret.
 */
export async function writeFiles(folder: string, spec: NodeSpec, wanted: Record<string, Service>): Promise<string> {
  for (const name of ["run", "data/containerd", "data/kubelet", "log/audit", "volumes"])
    await mkdir(join(folder, name), { recursive: true });
  await mkdir(join(folder, "data", "etcd"), { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(files(spec, { cgroup: cgroupOf(spec.clusterName) })))
    await writeAtomically(join(folder, "etc", path), content);
  await writeProxy(folder, proxySettings(spec));
  await removeServices(folder, (name) => wanted[name] === undefined);
  for (const [name, service] of Object.entries(wanted)) await writeService(folder, name, service);
  for (const name of ownScripts) await copyScript(name, join(folder, "run", name));
  return ensureCredentials(folder, spec);
}

/** Not among the node's files, as it may hold a password, which is to go with it. */
async function writeProxy(folder: string, settings: string | undefined): Promise<void> {
  const path = join(folder, "etc", "proxy");
  if (settings === undefined) await rm(path, { force: true });
  else await writeAtomically(path, settings, 0o600);
}

/** What a node runs of `scripts`, beside what each service has. */
const ownScripts = ["start", "init", "network", "machine-addresses", "resolver.mjs", "volume", "keeper.mjs"];

/** A hash of everything that a node is made of and that another version of this program may make otherwise. */
export function nodeFingerprint(spec: NodeSpec): string {
  const texts = [...ownScripts, "log", "run"].map((name) => readFileSync(join(scripts, name), "utf8"));
  return createHash("sha256")
    .update(JSON.stringify([files(spec, { cgroup: cgroupOf(spec.clusterName) }), services(spec), texts]))
    .digest("hex");
}

/** Where the hash is that a node was last started or changed with. */
export function fingerprintFile(folder: string): string {
  return join(folder, "run", "made-of");
}

async function writeService(folder: string, name: string, { command }: Service): Promise<void> {
  await writeAtomically(join(folder, "etc", `${name}.command`), command.join("\n") + "\n");
  const directory = join(folder, "services", name);
  await mkdir(join(directory, "log"), { recursive: true });
  await copyScript("log", join(directory, "log", "run"));
  await copyScript("run", join(directory, "run"));
}

/** The supervisor ends a service within seconds of its folder's end. */
async function removeServices(folder: string, which: (name: string) => boolean): Promise<void> {
  const directory = join(folder, "services");
  for (const name of existsSync(directory) ? readdirSync(directory).filter(which) : []) {
    await rm(join(directory, name), { recursive: true, maxRetries: 5 });
    await rm(join(folder, "etc", `${name}.command`), { force: true });
  }
}

async function copyScript(name: string, target: string): Promise<void> {
  await copyFile(join(scripts, name), target);
  await chmod(target, 0o755);
}

/** The node's own part of its network, which no process keeps up. */
export const network: Service = {
  command: ["nsenter", `--net=${networkNamespace}`, "--", `${inNode}/run/network`],
  reads: [
    `${inNode}/run/network`,
    etc("nftables.conf"),
    ...["node-address", "resolver-address", "lan-address", "uplink-address", "gateway-address"].map(etc),
  ],
};

/** What the fingerprints call the script that furnishes a node. */
const furnishing = "init";

/** Per service, a hash of its command and of the files it reads. */
export function fingerprints(folder: string, wanted: Record<string, Service>): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ [furnishing]: { command: [], reads: [`${inNode}/run/init`] }, network, ...wanted }).map(
      ([name, { command, reads }]) => {
        const hash = createHash("sha256").update(JSON.stringify(command));
        for (const path of reads) hash.update(readFileSync(path.replace(inNode, folder)));
        return [name, hash.digest("hex")];
      },
    ),
  );
}

/** The fingerprints that services were started with: what a program that was cut off wrote but did not apply differs. */
export function runsWith(folder: string): string {
  return join(folder, "run", "services.json");
}

/** The folder of the Kubernetes programs that a node was started with. */
export function runsOn(folder: string): string | undefined {
  return existsSync(programsOf(folder)) ? readFileSync(programsOf(folder), "utf8") : undefined;
}

/** Where it is written which these are. */
export function programsOf(folder: string): string {
  return join(folder, "run", "kubernetes");
}

/** Whether a running node was furnished by the script of today: what that does can't be done to one that runs. */
export function isFurnishedAlike(folder: string): boolean {
  return startedWith(folder)[furnishing] === fingerprints(folder, {})[furnishing];
}

/** The fingerprints that a node's services were started with. */
export function startedWith(folder: string): Record<string, string> {
  const path = runsWith(folder);
  return existsSync(path) ? z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(path, "utf8"))) : {};
}
