import { chmodSync, chownSync, existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { nodeFolder } from "./layout.ts";
import { isMountPoint, volumeFile } from "./volume-file.ts";

/** User of workspaces, as `components/workspace/deployment.ts` has it. */
const PERSON = 1000;

/**
 * Gives the homes of workspaces that root has to their persons, as they are made today: versions before this one left
 * them to root and open to everybody. What is in them is the persons' already.
 */
export function handOverHomes(clusterName: string): void {
  const volumes = join(nodeFolder(clusterName), "volumes");
  const namespaces = existsSync(volumes) ? readdirSync(volumes).filter((name) => name.startsWith("ws-")) : [];
  for (const home of namespaces.map((namespace) => join(volumes, namespace, "home"))) {
    const stat = lstatSync(home, { throwIfNoEntry: false });
    // What lies under a file's mount is nobody's, also while the file is missing: back, it would hide what was written there.
    if (stat?.isDirectory() !== true || stat.uid !== 0 || existsSync(volumeFile(home)) || isMountPoint(stat)) continue;
    chmodSync(home, 0o700);
    chownSync(home, PERSON, PERSON);
  }
}
