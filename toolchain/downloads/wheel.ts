import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { openLog } from "../log.ts";
import { runLogged } from "../run-logged.ts";

/**
 * Fetches a package's wheel from the Python index that this machine's pip is set to, a mirror of it for instance.
 * @param requirement `name==version`
 * @param folder of its own, emptied first
 * @returns the wheel
 * @throws UserError
 */
export async function wheel(
  requirement: string,
  folder: string,
  { home, report }: { home: Home; report: (activity: string) => void },
): Promise<string> {
  report(`fetching ${requirement} by pip`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ["download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-deps"];
  const log = openLog(home, `wheel-${requirement.split("==")[0]}`);
  await runLogged("python3", ["-m", "pip", ...args, "--only-binary", ":all:", "--dest", folder, requirement], {
    log,
    onLine: report,
  });
  const file = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (file === undefined) throw new UserError("download-failed", `pip download ${requirement} brought no wheel`);
  return join(folder, file);
}
