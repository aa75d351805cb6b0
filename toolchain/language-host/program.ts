import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startNode } from "./child.ts";
import { optionsEnvironment, parseOptions } from "./options.ts";
import { programInfo } from "./program-info.ts";
import { sdkEntryPoint } from "./sdk.ts";

/** The SDK's exit code for "the user has been told already": the engine must not add a message. */
const TOLD_THE_USER = 32;

/** How a program ended; `bail` when it failed and has said why itself. */
export interface ProgramResult {
  readonly error?: string;
  readonly bail: boolean;
}

/** Runs the user's Pulumi program to its end. Its output is this process's output, which the engine reads. */
export function runProgram(request: RunRequest, engineAddress: string): Promise<ProgramResult> {
  const info = programInfo(request.getInfo());
  const options = parseOptions(info.options);
  const entryPoint = sdkEntryPoint("run", info.programDirectory);
  const child = startNode([...options.nodeargs, entryPoint, ...programArguments(request, engineAddress)], {
    // Node programs find tsx and their own packages from here, not from where the engine was started.
    cwd: info.programDirectory,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      ...optionsEnvironment(options),
      ...cacheEnvironment(process.env.GUILDNET_HOME),
      PULUMI_CONFIG: JSON.stringify(sdkConfig(request.getConfigMap().toArray() as [string, string][])),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ error: `Problem executing program: ${error.message}`, bail: false }));
    child.once("close", (code, signal) => resolve(programResult(code, signal)));
  });
}

/**
 * Where tsx keeps what it has compiled: below its temporary folder, which is the engine's own and
 * gone after each run.
 */
function cacheEnvironment(home: string | undefined): NodeJS.ProcessEnv {
  if (home === undefined) return {};
  const TMPDIR = join(home, "cache", "program");
  mkdirSync(TMPDIR, { recursive: true, mode: 0o700 });
  return { TMPDIR };
}

/** The command line of `@pulumi/pulumi/cmd/run`. */
export function programArguments(request: RunRequest, engineAddress: string): string[] {
  const info = programInfo(request.getInfo());
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.rootDirectory,
    stack: request.getStack(),
    pwd: info.programDirectory,
    parallel: String(request.getParallel()),
  };
  return [
    ...Object.entries(flags)
      .filter(([, value]) => value !== "")
      .flatMap(([flag, value]) => [`--${flag}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info.entryPoint,
    ...request.getArgsList(),
  ];
}

/** Config as the SDK wants it: `<namespace>:config:<name>`, where the engine says `<namespace>:<name>`. */
export function sdkConfig(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const colon = key.indexOf(":");
      return [`${key.slice(0, colon)}:config:${key.slice(colon + 1)}`, value];
    }),
  );
}

/** What the engine is told when the program's process ended. */
export function programResult(code: number | null, signal: NodeJS.Signals | null): ProgramResult {
  if (code === 0) return { bail: false };
  if (code === TOLD_THE_USER) return { bail: true };
  const how = code === null ? `was ended by ${signal}` : `exited with non-zero exit code: ${code}`;
  return { error: `Program ${how}`, bail: false };
}
