import { statfs } from "node:fs/promises";
import { areCertificatesDue, lowSharedLimits, volumesOf, type Volume } from "../../provider/control.ts";
import { isActionable } from "../../toolchain/errors.ts";
import type { Finding } from "./findings.ts";

const GIB = 1024 ** 3;
/** Below this the disk is nearly full. The kubelet evicts everybody's pods at 1 GiB. */
const ENOUGH = 5 * GIB;
/** A volume is nearly full from here on. */
const NEARLY = 0.9;

/**
 * What the machine of embedded clusters shares among all people: its disk, limits of the kernel, and volumes that take more than they were given.
 *
 * @param folder of the disk where clusters have their data.
 */
export async function machineFindings(
  clusters: readonly string[],
  kubeconfig: string,
  folder: string,
): Promise<Finding[]> {
  const [volumes, machine] = await Promise.all([
    Promise.all(clusters.map((name) => volumesOrNone(name, kubeconfig))),
    quickFindings(clusters, folder),
  ]);
  return [...machine, ...volumes.flat().flatMap(volumeFinding)];
}

/** Of these, what takes no time to find out. */
export async function quickFindings(clusters: readonly string[], folder: string): Promise<Finding[]> {
  if (clusters.length === 0) return [];
  const { bavail, bsize } = await statfs(folder);
  const due = (
    await Promise.all(clusters.map(async (name) => ((await areCertificatesDue(name)) ? [name] : [])))
  ).flat();
  return [
    diskFinding(bavail * bsize, folder),
    ...due.map((name) => warning(`cluster ${name}`, "its certificates end within months: `npm run up` renews them")),
    ...lowSharedLimits().map((state) => warning("kernel", state)),
  ];
}

function warning(what: string, state: string): Finding {
  return { what, state, healthy: true, warning: true, where: "" };
}

/** @param free bytes */
export function diskFinding(free: number, folder: string): Finding {
  const warning = free < ENOUGH,
    state = `${gib(free)} free${warning ? ": nearly full; at 1 GiB everybody's pods are evicted" : ""}`;
  return { what: "disk", state, healthy: true, warning, where: folder };
}

/** Of a folder that takes more than it was given, and of a file that is not mounted, smaller than it should be, or nearly full. */
export function volumeFinding({ namespace, claim, bytes, usedBytes, file }: Volume): Finding[] {
  const finding = (state: string, healthy = true): Finding[] => [
    { what: `volume ${claim}`, state, healthy, warning: healthy, where: namespace },
  ];
  if (file !== undefined) {
    const { capacityBytes } = file;
    if (capacityBytes === undefined || usedBytes === undefined)
      return finding(
        "is a file that could not be mounted: the cluster's log/console, or log/keeper/current, says why",
        false,
      );
    if (capacityBytes < bytes)
      return finding(
        `has ${gib(capacityBytes)} of its ${gib(bytes)}: \`npm run down\` and \`up\` bring the rest, where the disk has it`,
      );
    return usedBytes > NEARLY * capacityBytes
      ? finding(`nearly full: takes ${gib(usedBytes)} of its ${gib(capacityBytes)}`)
      : [];
  }
  if (usedBytes === undefined || usedBytes <= bytes) return [];
  return finding(`takes ${gib(usedBytes)} of its ${gib(bytes)}: sizes are not enforced on a folder of this machine`);
}

/** A cluster that can't be asked is a finding already. */
async function volumesOrNone(cluster: string, kubeconfig: string): Promise<Volume[]> {
  try {
    return await volumesOf(cluster, kubeconfig);
  } catch (error) {
    if (!isActionable(error)) throw error;
    return [];
  }
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
