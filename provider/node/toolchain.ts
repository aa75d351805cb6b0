import { execa } from "execa";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { ActionableError } from "../errors.ts";

/** Something that happens while a person waits; one short line. */
export type Progress = (message: string) => void;

const tools = z.record(z.string(), z.object({ version: z.string(), path: z.string() }));
const layer = z.object({ diffId: z.string(), size: z.number(), folder: z.string() });
const image = z.object({ unpacked: z.object({ config: z.string(), layers: z.array(layer).min(1) }).optional() });
const file = z.object({ file: z.string() });
const manifest = z.object({ files: z.array(z.string()).min(1) });

/** A layer whose files lie in a folder, as overlayfs takes it for a lower one. `diffId` is the hash of its uncompressed archive, `size` that archive's bytes. */
export type UnpackedLayer = z.infer<typeof layer>;

/** An image's configuration to the byte, and its layers, the lowest first. */
export interface UnpackedImage {
  readonly config: string;
  readonly layers: readonly UnpackedLayer[];
}

/** Files of a Go module's version, or one of a release, fixed by hash. */
export interface ManifestSource {
  readonly module: string;
  readonly files: readonly string[];
  readonly sha256: string;
  readonly release?: { readonly url: string; readonly sha256: string };
}

/** The command of this project that brings tools and images, where there is one. */
export function toolchainCommand(): string | undefined {
  const candidates = [
    process.env.GUILDNET_TOOLCHAIN_CLI,
    join(import.meta.dirname, "..", "..", "toolchain", "bootstrap.mjs"),
  ];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/**
 * Makes tools available and says where each is.
 *
 * @throws ActionableError `no-toolchain` outside of this project, or the toolchain's own words.
 */
export async function requireTools(names: readonly string[], progress: Progress): Promise<Record<string, string>> {
  const { stdout } = await runToolchain(["require", ...names], progress);
  const line = lastLines(stdout, 1);
  const { data } = tools.safeParse(parsed(line));
  const missing = names.filter((name) => data?.[name] === undefined);
  if (missing.length > 0)
    throw new ActionableError(
      "toolchain-failed",
      `the toolchain did not say where ${missing.join(", ")} is; its last words: ${line}`,
    );
  return Object.fromEntries(Object.entries(data ?? {}).map(([name, { path }]) => [name, path]));
}

/**
 * Makes an image available in the machine's image store, built where need be.
 *
 * @returns where its files lie, unless only an archive of it can be had.
 */
export async function ensureImage(
  reference: string,
  options: { context?: string; buildArgs?: Record<string, string> },
  progress: Progress,
): Promise<UnpackedImage | undefined> {
  const buildArgs = Object.entries(options.buildArgs ?? {}).flatMap(([key, value]) => [
    "--build-arg",
    `${key}=${value}`,
  ]);
  const context = options.context === undefined ? [] : ["--context", options.context];
  const { stdout } = await runToolchain(["image", reference, "--unpacked", ...context, ...buildArgs], progress);
  return image.safeParse(parsed(lastLines(stdout, 1))).data?.unpacked;
}

/**
 * Pushes an image of the machine's image store to a registry.
 *
 * @param destination `registry/name:tag`
 * @param access goes to the toolchain by its standard input: arguments and the environment can be read by others
 */
export async function pushImage(
  reference: string,
  destination: string,
  access: { credentials?: string; caCertificatePem?: string },
  progress: Progress,
): Promise<void> {
  await runToolchain(["image-push", reference, destination], progress, JSON.stringify(access));
}

/** Fetches a manifest and returns the paths of its files, which are what was pinned. @throws ActionableError `no-toolchain`, or the toolchain's own words */
export async function fetchManifest(
  { module, files, sha256, release }: ManifestSource,
  progress: Progress,
): Promise<string[]> {
  const asset = release === undefined ? [] : ["--release-url", release.url, "--release-sha256", release.sha256];
  const { stdout } = await runToolchain(["manifest", module, ...files, "--sha256", sha256, ...asset], progress);
  const line = lastLines(stdout, 1);
  const { data } = manifest.safeParse(parsed(line));
  if (data === undefined)
    throw new ActionableError(
      "toolchain-failed",
      `the toolchain did not say where the manifest of ${module} is; its last words: ${line}`,
    );
  return data.files;
}

/** A large file that is fixed by its hash, and where it may be had; `member` is of the zip archive that is there. */
export interface FileSource {
  readonly sha256: string;
  readonly path?: string;
  readonly url?: string;
  readonly wheel?: string;
  readonly member?: string;
}

/** Makes a file available on this machine and says where it is. @throws ActionableError `no-toolchain`, or the toolchain's own words */
export async function fetchFile(source: FileSource, progress: Progress): Promise<string> {
  const options = Object.entries(source).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const { stdout } = await runToolchain(["file", ...options], progress);
  const line = lastLines(stdout, 1);
  const { data } = file.safeParse(parsed(line));
  if (data === undefined)
    throw new ActionableError(
      "toolchain-failed",
      `the toolchain did not say where the file ${source.sha256} is; its last words: ${line}`,
    );
  return data.file;
}

async function runToolchain(args: readonly string[], progress: Progress, input?: string): Promise<{ stdout: string }> {
  const command = toolchainCommand();
  if (command === undefined)
    throw new ActionableError(
      "no-toolchain",
      "this needs GuildNet's toolchain: set GUILDNET_TOOLCHAIN_CLI to toolchain/bootstrap.mjs of a checkout of GuildNet",
    );
  const child = execa(process.execPath, [command, ...args], {
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.trim() !== "") progress(line.trim());
  });
  const { exitCode, stdout, stderr } = await child;
  if (exitCode !== 0)
    throw new ActionableError(
      "toolchain-failed",
      lastLines(stderr, 20) || `the toolchain ended with exit code ${exitCode}`,
    );
  return { stdout };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller tells of it
  }
}

function lastLines(text: string, count: number): string {
  return text.trim().split("\n").slice(-count).join("\n");
}
