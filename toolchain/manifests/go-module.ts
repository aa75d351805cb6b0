import { mkdirSync } from "node:fs";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { goEnvironment } from "../tools/go-build.ts";

/**
 * Fetches a Go module, unless it is in the toolchain's cache already, and returns its folder there.
 * @param module with its version: `github.com/x/y@v1.2.3`
 * @throws UserError `go-missing`, `download-failed`
 */
export async function goModule(module: string, home: Home, report: (activity: string) => void): Promise<string> {
  const { execa } = await import("execa");
  mkdirSync(home.cache, { recursive: true });
  report(`fetching the Go module ${module}`);
  // Not in a checkout: its own go.mod has no say in what is fetched.
  const result = await execa("go", ["mod", "download", "-json", module], {
    cwd: home.cache,
    env: goEnvironment(home),
    reject: false,
    stdin: "ignore",
  });
  if (result.code === "ENOENT") {
    throw new UserError(
      "go-missing",
      `Go is needed to fetch the module ${module} and is not installed. Install Go 1.21 or later (https://go.dev/doc/install, or your distribution's \`golang\`).`,
    );
  }
  const answer = parsed(result.stdout);
  if (answer.Dir === undefined)
    throw new UserError(
      "download-failed",
      `the Go module ${module} can't be had: ${answer.Error ?? (result.stderr.trim() || `go ended with exit code ${result.exitCode}`)}`,
    );
  return answer.Dir;
}

function parsed(stdout: string): { Dir?: string; Error?: string } {
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as { Dir?: string; Error?: string });
}
