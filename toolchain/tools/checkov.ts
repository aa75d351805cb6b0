import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import { runLogged } from "../run-logged.ts";
import { VERSIONS } from "../versions.ts";
import { installPackages } from "./debian-tool.ts";
import { folderTool } from "./folder-tool.ts";
import type { Source, SourceContext } from "./source.ts";

const { version } = VERSIONS.checkov;
/** Every package with its version and hashes, as pip-compile writes it; for Python 3.11 and later. */
const LOCK = fileURLToPath(new URL("../python/checkov/requirements.txt", import.meta.url));
const SUITS = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

const registries: Source = {
  kind: "registries",
  available: async () => true,
  async provide(folder, context) {
    const { log, report, home } = context;
    const venv = join(folder, "venv");
    await runLogged(await python(context), ["-m", "venv", venv], { log });
    const args = [
      "-m",
      "pip",
      "install",
      "--disable-pip-version-check",
      "--no-input",
      "--require-hashes",
      "--requirement",
      LOCK,
    ];
    await runLogged(join(venv, "bin", "python"), args, {
      log,
      onLine: report,
      env: { PIP_CACHE_DIR: join(home.cache, "pip") },
    });
  },
};

/** A Python that makes environments. Debian has that part in a package of its own. */
async function python(context: SourceContext): Promise<string> {
  const found = await suitablePython();
  if (found !== undefined) return found;
  await installPackages(
    { title: "Python 3 and its virtual environments", packages: ["python3", "python3-venv"] },
    context,
  );
  const installed = await suitablePython();
  if (installed !== undefined) return installed;
  throw new UserError(
    "python-too-old",
    `checkov ${version}, which the tests need, is locked for Python 3.11 or later, and there is none on this machine. Install one, so that it is the first python3 on the PATH.`,
  );
}

async function suitablePython(): Promise<string | undefined> {
  const { execa } = await import("execa");
  for (const candidate of ["python3", "/usr/bin/python3"]) {
    if (!(await execa(candidate, ["-c", SUITS], { reject: false })).failed) return candidate;
  }
  return undefined;
}

/**
 * Scans configuration. Start it as `venv/bin/python -m checkov.main`: its own command has the path
 * of the folder in it that the tool was filled in.
 */
export const checkov = folderTool({
  name: "checkov",
  title: `checkov ${version}`,
  version,
  revision: createHash("sha256").update(readFileSync(LOCK)).digest("hex").slice(0, 8),
  files: ["venv/bin/python"],
  sources: [registries],
});
