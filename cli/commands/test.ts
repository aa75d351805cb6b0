import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolEnvironment } from "../../engine/session.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { PROJECT_ROOT, TOOLCHAIN_CLI } from "../../toolchain/project.ts";
import { runAttended } from "../../toolchain/run-attended.ts";
import { toolNames, toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";

/** Removes what tests left, and takes the census that the last of them compares with. */
const TOGETHER = "tests/support/together.ts";

/** How many tests of a run ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Lint with types and every test; arguments narrow it to vitest with them. */
export async function testCommand(args: readonly string[]): Promise<void> {
  const home = guildnetHome();
  const env = toolEnvironment({
    home,
    tools: await requireTools(toolsNamed(toolNames), { home }),
    toolchainCommand: TOOLCHAIN_CLI,
    env: process.env,
  });
  process.exitCode =
    args.length > 0
      ? await runAttended(npmProgram("vitest"), ["run", ...args], { cwd: PROJECT_ROOT, env })
      : await everything(env);
}

/**
 * All at once: the tests on clusters take longest and mostly wait, for pods and for disks. What ends meanwhile
 * is shown when it has. Last comes the removal of all that the others left.
 */
async function everything(env: NodeJS.ProcessEnv): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-test-"));
  const file = join(folder, "counts"),
    census = join(folder, "census");
  const vitest = { ...env, GUILDNET_TEST_COUNTS: file, GUILDNET_TEST_CENSUS: census };
  const attended = (project: string) =>
    runAttended(npmProgram("vitest"), ["run", "--project", project], { cwd: PROJECT_ROOT, env: vitest });
  const together = (...args: string[]) =>
    runAttended(process.execPath, ["--import", "tsx", TOGETHER, ...args], { cwd: PROJECT_ROOT, env });
  try {
    const before = await together("before", census);
    if (before !== 0) return before;
    const codes = await Promise.all([
      quietly("lint and types", "oxlint", ["."], env),
      quietly("format", "oxfmt", ["--check"], env),
      quietly(
        "tests without a cluster, and of a cluster that others join",
        "vitest",
        ["run", ...["unit", "isolated", "programs", "join"].flatMap((project) => ["--project", project])],
        vitest,
      ),
      quietly("tests of one person's stack", "vitest", ["run", "--project", "person"], vitest),
      attended("guild"),
    ]);
    codes.push(await attended("removal"), await together("after"));
    const { passed, failed, skipped } = total(existsSync(file) ? readFileSync(file, "utf8") : "");
    const clean = codes.slice(0, 2).filter((code) => code === 0).length;
    process.stdout.write(
      `\nLint, types, format and tests: ${passed + clean} passed, ${failed + 2 - clean} failed, ${skipped} skipped\n`,
    );
    return codes.find((code) => code !== 0) ?? 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Shows what a check has to say once it has ended. */
async function quietly(
  title: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { execa } = await import("execa");
  const { all, exitCode = 1 } = await execa(npmProgram(program), args, {
    cwd: PROJECT_ROOT,
    env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  process.stdout.write(`\n── ${title}: ${exitCode === 0 ? "passed" : "FAILED"}\n${all}\n`);
  return exitCode;
}

/** The sum of what runs wrote down, a line of JSON each. */
export function total(lines: string): Counts {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Counts)
    .reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), {
      passed: 0,
      failed: 0,
      skipped: 0,
    });
}

function npmProgram(name: string): string {
  const local = join(PROJECT_ROOT, "node_modules", ".bin", name);
  return existsSync(local) ? local : name;
}
