import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { declaredArguments } from "./dockerfile.ts";
import { UserError } from "../errors.ts";
import { type MachineSettings, withMachineSettings } from "./machine.ts";
import type { ImageStore, Log } from "./store.ts";

export interface ContextBuild {
  readonly reference: string;
  /** Folder with a Dockerfile. */
  readonly context: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** @throws UserError where the folder has no Dockerfile */
export async function readDockerfile(context: string): Promise<string> {
  try {
    return await readFile(join(context, "Dockerfile"), "utf8");
  } catch (error) {
    throw new UserError(
      "image-context-missing",
      `${join(context, "Dockerfile")} can't be read: an image is built from a folder with a Dockerfile`,
      { cause: error },
    );
  }
}

/** Builds a Dockerfile whose base images are in the store already. */
export async function buildContext(store: ImageStore, build: ContextBuild, log: Log): Promise<void> {
  const dockerfile = await readDockerfile(build.context);
  await withMachineSettings(store.home, (machine) => store.run(buildArguments(build, dockerfile, machine), log));
}

/**
 * The buildah command of a build. Layers are kept, so that a change of the last files of a
 * context builds in seconds; the reference is given only to the finished image.
 */
export function buildArguments(build: ContextBuild, dockerfile: string, machine: MachineSettings): string[] {
  const declared = declaredArguments(dockerfile);
  const lent = Object.entries(machine.buildArgs).filter(([name]) => declared.has(name));
  const args = [...lent, ...Object.entries(build.buildArgs ?? {})];
  return [
    "bud",
    "--pull=never",
    "--layers",
    "--jobs=2",
    "--network=host",
    ...Object.entries(machine.mounts).map(([host, path]) => `--volume=${host}:${path}:ro`),
    ...args.map(([name, value]) => `--build-arg=${name}=${value}`),
    `--tag=${build.reference}`,
    `--file=${join(build.context, "Dockerfile")}`,
    build.context,
  ];
}
