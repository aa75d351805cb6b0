import { mkdirSync } from "node:fs";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { goEnvironment } from "../tools/go-build.ts";

/**
 * Fetches a Go module, unless it is in the toolchain's cache already, and returns its folder there.
 * @param module with its version: `github.com/x/y@v1.2.3`
 * @param sum what go.sum would say of it (`h1:…`), where no other hash holds what is taken of it
 * @throws UserError `go-missing`, `download-failed`, `checksum-mismatch`
 */
export async function goModule(
  module: string,
  home: Home,
  report: (activity: string) => void,
  sum?: string,
): Promise<string> {
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
  if (sum !== undefined && answer.Sum !== sum)
    throw new UserError(
      "checksum-mismatch",
      `the Go module ${module} is not what was pinned: its sum is ${answer.Sum}, not ${sum}. Nothing was built of it.`,
    );
  return answer.Dir;
}

interface Answer {
  readonly Dir?: string;
  readonly Sum?: string;
  readonly Error?: string;
}

function parsed(stdout: string): Answer {
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Answer);
}
