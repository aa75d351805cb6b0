import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeFolder } from "./layout.ts";

/**
 * Beside the volumes of one namespace: the handle of the person whose they are. The files outlive their cluster, and
 * with it all that says so otherwise.
 */
const OWNER = ".owner";
/** Beside it: what the cluster knows of their claims, for as long as there is a cluster to ask. */
const CLAIMS = ".claims";

/** A claim's size as a quantity, and its class. */
export interface NotedClaim {
  readonly size: string;
  readonly className?: string;
}

/** Folder of the volumes of one namespace, on this machine. */
export function volumesFolder(clusterName: string, namespace: string): string {
  return join(nodeFolder(clusterName), "volumes", namespace);
}

/** Whose the volumes of a node are, by namespace, as far as that was written down. */
export function volumeOwners(clusterName: string): Map<string, string> {
  const folder = join(nodeFolder(clusterName), "volumes");
  const namespaces = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    namespaces
      .filter((namespace) => hasVolumes(clusterName, namespace))
      .flatMap((namespace): [string, string][] => {
        const file = join(folder, namespace, OWNER);
        return existsSync(file) ? [[namespace, readFileSync(file, "utf8").trim()]] : [];
      }),
  );
}

/** Writes down whose volumes are, where there are some. @param owners handles by namespace */
export function noteVolumeOwners(clusterName: string, owners: ReadonlyMap<string, string>): void {
  const noted = volumeOwners(clusterName);
  for (const [namespace, owner] of owners) {
    if (noted.get(namespace) === owner || !hasVolumes(clusterName, namespace)) continue;
    writeFileSync(join(volumesFolder(clusterName, namespace), OWNER), `${owner}\n`);
  }
}

/** What the claims of a node are like, by namespace and name, that is stopped and can't be asked; none where it is gone, as they went with it. */
export function notedClaims(clusterName: string): Map<string, Readonly<Record<string, NotedClaim>>> {
  const folder = join(nodeFolder(clusterName), "volumes");
  if (!existsSync(join(nodeFolder(clusterName), "data")) || !existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).flatMap((namespace): [string, Record<string, NotedClaim>][] => {
      const file = join(folder, namespace, CLAIMS);
      return existsSync(file) && hasVolumes(clusterName, namespace)
        ? [[namespace, JSON.parse(readFileSync(file, "utf8")) as Record<string, NotedClaim>]]
        : [];
    }),
  );
}

/** Writes down what claims are like, where there are volumes. */
export function noteClaims(
  clusterName: string,
  claims: ReadonlyMap<string, Readonly<Record<string, NotedClaim>>>,
): void {
  for (const [namespace, noted] of claims) {
    if (hasVolumes(clusterName, namespace))
      writeFileSync(join(volumesFolder(clusterName, namespace), CLAIMS), `${JSON.stringify(noted)}\n`);
  }
}

/** Removes what volumes that went with their claims left of their namespaces' folders. @param inUse namespaces that have volumes, or are about to */
export function removeEmptied(clusterName: string, inUse: ReadonlySet<string>): void {
  const folder = join(nodeFolder(clusterName), "volumes");
  for (const namespace of existsSync(folder) ? readdirSync(folder) : []) {
    if (!inUse.has(namespace) && !hasVolumes(clusterName, namespace))
      rmSync(join(folder, namespace), { recursive: true });
  }
}

function hasVolumes(clusterName: string, namespace: string): boolean {
  const folder = volumesFolder(clusterName, namespace);
  return existsSync(folder) && readdirSync(folder).some((name) => name !== OWNER && name !== CLAIMS);
}
