import dockerignore from "@balena/dockerignore";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Reference of an image of our own, `guildnet.local/<name>:<12 hex digits>`. The tag is a
 * hash of all that goes into the build, so it is known before anything is built, changes
 * when and only when an input does, and carries the change to the pods that name it.
 *
 * @param contextDir folder with the Dockerfile; every file in it that its `.dockerignore` lets
 *   through counts, with its path, executable bit and content; of a link, where it points.
 * @throws when the folder holds no Dockerfile.
 */
export function imageReference(name: string, contextDir: string, buildArgs: Record<string, string> = {}): string {
  const ignoreFile = join(contextDir, ".dockerignore");
  const ignored = dockerignore.default().add(existsSync(ignoreFile) ? readFileSync(ignoreFile, "utf8") : "");
  const files = filesBelow(contextDir).filter((file) => !ignored.ignores(file));
  if (!files.includes("Dockerfile"))
    throw new Error(
      `no Dockerfile in ${contextDir}; for images of this project, "npm run build" makes what is missing`,
    );
  const hash = createHash("sha256");
  for (const file of files) {
    const path = join(contextDir, file);
    if (lstatSync(path).isSymbolicLink()) {
      hash.update(`link ${JSON.stringify(file)} ${JSON.stringify(readlinkSync(path))}\n`);
      continue;
    }
    const executable = (statSync(path).mode & 0o100) !== 0;
    const content = createHash("sha256").update(readFileSync(path)).digest("hex");
    hash.update(`file ${JSON.stringify(file)} ${executable} ${content}\n`);
  }
  for (const [key, value] of Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`arg ${JSON.stringify(key)} ${JSON.stringify(value)}\n`);
  }
  return `guildnet.local/${name}:${hash.digest("hex").slice(0, 12)}`;
}

/** Paths of all files below a folder, relative to it, with `/`, sorted by code unit. */
function filesBelow(dir: string, prefix = ""): string[] {
  return readdirSync(join(dir, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix + entry.name;
      return entry.isDirectory() ? filesBelow(dir, `${path}/`) : [path];
    })
    .sort();
}
