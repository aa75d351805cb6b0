import { execa } from "execa";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ActionableError } from "../errors.ts";

/** Files of a node's volumes. */
export function volumeFiles(nodeFolder: string): string[] {
  const volumes = join(nodeFolder, "volumes");
  const namespaces = existsSync(volumes)
    ? readdirSync(volumes, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  return namespaces.flatMap(({ name }) =>
    readdirSync(join(volumes, name))
      .filter((file) => /^\..+\.ext4$/.test(file))
      .map((file) => join(volumes, name, file)),
  );
}

const devices = z.object({
  loopdevices: z.array(z.object({ name: z.string(), "back-ino": z.coerce.number(), "back-maj:min": z.string() })),
});

/** The devices that have files of a node's volumes, whatever namespaces those are mounted in. */
export async function volumeFilesInUse(nodeFolder: string): Promise<string[]> {
  const files = volumeFiles(nodeFolder);
  if (files.length === 0) return [];
  const { stdout } = await execa("losetup", ["--list", "--json", "--output", "NAME,BACK-INO,BACK-MAJ:MIN"], {
    env: { PATH: administratorsPath() },
  });
  if (stdout === "") return [];
  const wanted = new Set(files.map(identityOf));
  return devices
    .parse(JSON.parse(stdout))
    .loopdevices.filter((device) => wanted.has(`${device["back-maj:min"].trim()} ${device["back-ino"]}`))
    .map(({ name }) => name);
}

/** A file as devices know theirs: a path says little across mounts. Numbers of devices as Linux packs them (makedev(3)). */
function identityOf(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn),
    minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor} ${ino}`;
}

/** A file system in a file, made, mounted and gone with the namespace. */
const trial = [
  'truncate --size=16M "$1/file"',
  'mkfs.ext4 -q "$1/file"',
  'fallocate --length 16777216 "$1/file"',
  'mkdir "$1/mount"',
  'mount --no-mtab --types ext4 --options loop "$1/file" "$1/mount"',
].join("\n");

/**
 * Tries, in mounts of its own that are gone at once, whether volumes can be files of this disk.
 *
 * @throws ActionableError `no-volume-files`, with what the machine said.
 */
export async function checkVolumeFiles(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(folder, ".volume-trial-"));
  try {
    const { exitCode, stderr } = await execa("unshare", ["--mount", "sh", "-ec", trial, "sh", scratch], {
      env: { PATH: administratorsPath() },
      reject: false,
    });
    if (exitCode === 0) return;
    const said = stderr.trim().split("\n")[0];
    throw new ActionableError(
      "no-volume-files",
      `this machine can't mount a file of ${folder} as a volume (${said}): load the modules loop and ext4 and have e2fsprogs, or leave cluster.volumeSizes out, and sizes hold nobody back`,
    );
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function administratorsPath(): string {
  return `${process.env.PATH}:/usr/sbin:/sbin`;
}
