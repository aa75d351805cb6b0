import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Home } from "../home.ts";
import { withScratch } from "./scratch.ts";

/**
 * Where a build sees this machine's own settings: a folder every base has, so that no mount point stays
 * in the image. Not below /etc/ssl: ca-certificates could not install there.
 */
export const MACHINE_FOLDER = "/mnt";

/** What a build may use of this machine while it runs, none of which stays in the image. */
export interface MachineSettings {
  /** Host folder → folder in the build, read-only. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Values for those `ARG`s that a Dockerfile declares. */
  readonly buildArgs: Readonly<Record<string, string>>;
}

/**
 * Lends a build this machine's certificate authorities (registries behind a private one are
 * common), its npm registry with its sign-in, its apt sources and where cargo has crates from, for as long as `work` runs.
 */
export async function withMachineSettings<T>(home: Home, work: (settings: MachineSettings) => Promise<T>): Promise<T> {
  return withScratch(home, async (folder) => {
    const buildArgs: Record<string, string> = {};
    const bundle = authorityBundle();
    if (bundle) {
      await copyFile(bundle, join(folder, "ca.crt"));
      buildArgs["NODE_EXTRA_CA_CERTS"] = `${MACHINE_FOLDER}/ca.crt`;
    }
    await writeFile(join(folder, "npmrc"), registrySettings(await readOptional(join(homedir(), ".npmrc"))), {
      mode: 0o600,
    });
    buildArgs["NPM_CONFIG_USERCONFIG"] = `${MACHINE_FOLDER}/npmrc`;
    await writeFile(
      join(folder, "cargo.toml"),
      crateSettings(await readOptional(join(homedir(), ".cargo/config.toml"))),
      {
        mode: 0o600,
      },
    );
    const mounts: Record<string, string> = { [folder]: MACHINE_FOLDER };
    if (isBookworm(await readOptional("/etc/os-release"))) mounts["/etc/apt"] = "/etc/apt";
    return work({ mounts, buildArgs });
  });
}

/** The lines of an .npmrc that say where packages come from and how to sign in; paths of this machine are left out. */
export function registrySettings(npmrc: string): string {
  const lines = npmrc
    .split("\n")
    .filter((line) => /^\s*(registry|@[^:\s]+:registry|\/\/[^=]+|proxy|https-proxy|noproxy|strict-ssl)\s*=/.test(line));
  return lines.map((line) => `${line}\n`).join("");
}

/** Of a config.toml of cargo, the tables that say where crates come from and how they are fetched; how this machine compiles is left out. */
export function crateSettings(config: string): string {
  let wanted = false;
  const lines = config.split("\n").filter((line) => {
    const table = /^\s*\[+\s*([\w-]+)/.exec(line)?.[1];
    if (table !== undefined) wanted = ["source", "registries", "registry", "http", "net"].includes(table);
    return wanted;
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** Sources of another release would mix two Debians in one image. */
export function isBookworm(osRelease: string): boolean {
  return /^VERSION_CODENAME=bookworm$/m.test(osRelease);
}

function authorityBundle(): string | undefined {
  const candidates = [
    process.env["NODE_EXTRA_CA_CERTS"],
    process.env["SSL_CERT_FILE"],
    "/etc/ssl/certs/ca-certificates.crt",
  ];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

async function readOptional(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
