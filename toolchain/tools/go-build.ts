import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { withLock } from "../lock.ts";
import { runLogged } from "../run-logged.ts";
import type { SourceContext } from "./source.ts";

const GO_MODULES = fileURLToPath(new URL("../go/", import.meta.url));

export interface GoBuild {
  /** Folder below toolchain/go with the go.mod. */
  readonly module: string;
  /** Import path of the command, or `.` for the module's own. */
  readonly command: string;
  /** Whether it is the package's tests that become the program. @default false */
  readonly tests?: boolean;
  /** Values for `-X`: full name of a string variable → value. */
  readonly variables: Readonly<Record<string, string>>;
  /** Build tags. @default none */
  readonly tags?: readonly string[];
  /** The program to write. */
  readonly output: string;
  /** For a module that is C and C++ in part; the program is then linked whole, as others are. @default none is compiled */
  readonly c?: CSources;
  /** Writes what the module needs beside its own files; builds in a copy then. */
  readonly prepare?: (directory: string, go: Go) => Promise<void>;
}

/** How C and C++ inside of Go modules are compiled. */
export interface CSources {
  /** Folder of headers, below that of the go.mod. */
  readonly headers: string;
  readonly flags: readonly string[];
}

/** Runs `go` in the module's folder and returns what it prints. */
export type Go = (...args: string[]) => Promise<string>;

/**
 * Where Go keeps modules and build results. Shared by all builds, so that a killed one goes on where it was.
 * Without `-modcacherw` nobody but Go could delete the cache; without VCS stamping a build is the same in any checkout.
 */
export function goEnvironment(home: Home): NodeJS.ProcessEnv {
  return {
    GOMODCACHE: join(home.cache, "go", "mod"),
    GOCACHE: join(home.cache, "go", "build"),
    GOFLAGS: "-modcacherw -buildvcs=false",
    CGO_ENABLED: "0",
    GOWORK: "off",
  };
}

/**
 * Builds one program from modules of the Go proxy. Builds of the whole machine compile one after another: each has all
 * processors and memory, and finds in the cache what it has in common with those before it. They fetch side by side.
 */
export async function goBuild(build: GoBuild, { home, log, report }: SourceContext): Promise<void> {
  await requireGo(build.output);
  const directory = build.prepare === undefined ? join(GO_MODULES, build.module) : copyModule(build, home);
  const env = { ...goEnvironment(home), ...cEnvironment(build, directory) };
  const { execa } = await import("execa");
  const go: Go = async (...args) => (await execa("go", args, { cwd: directory, env })).stdout;
  await build.prepare?.(directory, go);
  const tags = build.tags === undefined ? [] : ["-tags", build.tags.join(",")];
  report("fetching modules");
  const tested = build.tests === true ? ["-test"] : [];
  // Of the packages nothing is printed: what there is to see is which modules come.
  const list = ["list", "-deps", "-f", '{{""}}', ...tested, ...tags, build.command];
  await runLogged("go", list, { cwd: directory, env, log, onLine: report });
  const variables = Object.entries(build.variables).map(([name, value]) => `-X ${name}=${value}`);
  // Vetting goes through all packages that there are below a test: half of the time, for what upstream has done.
  const verb = build.tests === true ? ["test", "-c", "-vet=off"] : ["build", "-v"];
  const linking = build.c === undefined ? [] : ["-linkmode", "external", "-extldflags", "-static"];
  const ldflags = ["-s", "-w", ...linking, ...variables].join(" ");
  const args = [...verb, ...tags, "-ldflags", ldflags, "-o", build.output, build.command];
  const compile = async (): Promise<void> => {
    report("compiling");
    await runLogged("go", args, { cwd: directory, env, log, onLine: report });
  };
  await withLock(home, "go-build", compile, () => report("waiting for another program to be compiled"));
}

function cEnvironment({ c }: GoBuild, directory: string): NodeJS.ProcessEnv {
  if (c === undefined) return {};
  const flags = [`-I${join(directory, c.headers)}`, ...c.flags].join(" ");
  return { CGO_ENABLED: "1", CGO_CFLAGS: flags, CGO_CXXFLAGS: flags };
}

/** The same folder for every build: Go's cache knows a package by its path. */
function copyModule({ module }: GoBuild, home: Home): string {
  const copy = join(home.cache, "go", "modules", module);
  mkdirSync(copy, { recursive: true });
  cpSync(join(GO_MODULES, module), copy, { recursive: true });
  return copy;
}

async function requireGo(output: string): Promise<void> {
  const { execa } = await import("execa");
  const { failed } = await execa("go", ["version"], { reject: false });
  if (!failed) return;
  throw new UserError(
    "go-missing",
    `Go is needed to build ${output.split("/").pop()} and is not installed. ` +
      "Install Go 1.21 or later (https://go.dev/doc/install, or your distribution's `golang`); it fetches the version the modules ask for by itself.",
  );
}
