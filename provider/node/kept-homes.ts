import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeFolder } from "./layout.ts";

/**
 * Beside the volumes of one namespace: the handle of the person whose they are. The files outlive their cluster, and
 * with it all that says so otherwise.
 */
const OWNER = ".owner";

/** Folder of the volumes of one namespace, on this machine. */
export function volumesFolder(clusterName: string, namespace: string): string {
  return join(nodeFolder(clusterName), "volumes", namespace);
}

/** Whose the volumes of a node are, by namespace, as far as that was written down. */
export function volumeOwners(clusterName: string): Map<string, string> {
  const folder = join(nodeFolder(clusterName), "volumes");
  const namespaces = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(namespaces.filter((namespace) => hasVolumes(clusterName, namespace)).flatMap((namespace): [string, string][] => {
    const file = join(folder, namespace, OWNER);
    return existsSync(file) ? [[namespace, readFileSync(file, "utf8").trim()]] : [];
  }));
}

/** Writes down whose volumes are, where there are some. @param owners handles by namespace */
export function noteVolumeOwners(clusterName: string, owners: ReadonlyMap<string, string>): void {
  const noted = volumeOwners(clusterName);
  for (const [namespace, owner] of owners) {
    if (noted.get(namespace) === owner || !hasVolumes(clusterName, namespace)) continue;
    writeFileSync(join(volumesFolder(clusterName, namespace), OWNER), `${owner}\n`);
  }
}

/** Volumes that went with their claim leave their namespace's folder behind. */
function hasVolumes(clusterName: string, namespace: string): boolean {
  const folder = volumesFolder(clusterName, namespace);
  return existsSync(folder) && readdirSync(folder).some((name) => name !== OWNER);
}
