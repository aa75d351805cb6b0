import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { runLogged } from "../run-logged.ts";
import { findProgram } from "./machine-source.ts";
import type { SourceContext } from "./source.ts";
import type { Tool } from "./tool.ts";

export interface DebianToolOptions {
  readonly name: string;
  readonly title: string;
  /** Debian's names. */
  readonly packages: readonly string[];
  /** Programs, by name or absolute path, that show that the packages (of whatever distribution) are there. */
  readonly programs: readonly string[];
  /** Daemons among them that would start with the machine from its next start on, which are not wanted. */
  readonly services?: readonly string[];
}

const NO_SERVICES_POLICY = "#!/bin/sh\n# Of GuildNet, while it installs packages: start no services.\nexit 101\n";
const POLICY_FILE = "/usr/sbin/policy-rc.d";

/** System packages. Found by their programs, so that a machine of another distribution that has them will do. */
export function debianTool(options: DebianToolOptions): Tool {
  const { name, title, programs } = options;
  return {
    name,
    title,
    find() {
      const paths = programs.map(locate);
      const first = paths[0];
      if (first === undefined || paths.includes(undefined)) return undefined;
      return { version: "distribution", path: first, source: "machine" };
    },
    install: (context) => installPackages(options, context),
  };
}

/** Administrators' programs are often missing from a user's PATH. */
function locate(program: string): string | undefined {
  if (program.startsWith("/")) return existsSync(program) ? program : undefined;
  return findProgram(program, `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`);
}

/**
 * Installs packages of Debian's.
 * @param title of what needs them
 */
export async function installPackages(
  { title, packages, services = [] }: Pick<DebianToolOptions, "title" | "packages" | "services">,
  context: SourceContext,
): Promise<void> {
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (findProgram("apt-get") === undefined) {
    throw new UserError(
      "packages-missing",
      `${title} are missing, and this is not Debian or Ubuntu. Install what these packages bring: ${packages.join(" ")}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new UserError(
      "packages-missing",
      `${title} are missing. Install them, then run this again:\n\n  sudo ${command}\n`,
    );
  }
  // dpkg has one lock of its own and gives up at once when it is taken.
  await withLock(context.home, "apt", async () => {
    const ofOthers = services.filter(hasUnit);
    await aptInstall(packages, context);
    const ours = services.filter((service) => !ofOthers.includes(service) && hasUnit(service));
    if (ours.length > 0 && existsSync("/run/systemd/system"))
      await runLogged("systemctl", ["disable", "--quiet", ...ours], { log: context.log });
  });
}

function hasUnit(service: string): boolean {
  return existsSync(`/lib/systemd/system/${service}.service`);
}

async function aptInstall(packages: readonly string[], { log, report }: SourceContext): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) =>
    runLogged("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], { env, log, onLine: report });
  if (!(await areKnown(packages))) await apt("update");
  await withoutServices(() => apt("install", "--yes", "--no-install-recommends", ...packages));
}

/** Whether apt's lists name a candidate for each package; a fresh machine's don't. */
async function areKnown(packages: readonly string[]): Promise<boolean> {
  const { execa } = await import("execa");
  const { stdout } = await execa("apt-cache", ["policy", ...packages], { reject: false });
  return (stdout.match(/^ {2}Candidate: (?!\(none\))/gm) ?? []).length === packages.length;
}

/**
 * Debian starts a daemon as soon as it is installed, unless policy-rc.d forbids it. The machine's own
 * containerd is not ours to start: the node runs one inside its namespaces.
 */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  // One of our own is what a killed run left: it is ours to remove.
  if (existsSync(POLICY_FILE) && readFileSync(POLICY_FILE, "utf8") !== NO_SERVICES_POLICY) return work();
  writeFileSync(POLICY_FILE, NO_SERVICES_POLICY, { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(POLICY_FILE, { force: true });
  }
}
