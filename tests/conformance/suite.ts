import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isActionable } from "../../toolchain/errors.ts";
import type { Log } from "../../toolchain/log.ts";
import { runLogged } from "../../toolchain/run-logged.ts";
import { CHOSEN } from "./groups.ts";
import { namesIn, resultsIn, type Results } from "./results.ts";

/** Longest time that Ginkgo gives a run: its own limit is an hour. */
const LIMIT = "3h";

export interface SuiteOptions {
  /** Folder with `e2e.test` and `ginkgo`. */
  readonly programs: string;
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly log: Log;
}

export interface RunOptions {
  /** How many tests run at once. */
  readonly atOnce: number;
  readonly onProgress: (ended: number, failed: number) => void;
}

/** Kubernetes' own tests, as a program that is run on a cluster. */
export class Suite {
  readonly #options: SuiteOptions;

  constructor(options: SuiteOptions) {
    this.#options = options;
  }

  /** The names of all tests that are chosen. Needs no cluster. */
  async tests(): Promise<string[]> {
    const chosen: string[] = [];
    for (const { focus, skip } of CHOSEN) {
      const json = await withReport(async (report) => {
        const args = [
          "--ginkgo.dry-run",
          "--ginkgo.silence-skips",
          `--ginkgo.focus=${focus}`,
          `--ginkgo.skip=${skip}`,
          `--ginkgo.json-report=${report}`,
        ];
        await runLogged(join(this.#options.programs, "e2e.test"), args, { log: this.#options.log });
      });
      chosen.push(...namesIn(json));
    }
    return [...new Set(chosen)];
  }

  /** Runs tests of these names. That some fail is a result; an error is a run that brought none. */
  async run(tests: readonly string[], { atOnce, onProgress }: RunOptions): Promise<Results> {
    const { programs, kubectl, kubeconfig, log } = this.#options;
    const progress = new Progress(onProgress);
    const json = await withReport(async (report) => {
      const ginkgo = [
        "run",
        `--procs=${atOnce}`,
        `--timeout=${LIMIT}`,
        "--no-color",
        "--silence-skips",
        "-v",
        `--focus=${oneOf(tests)}`,
        `--json-report=${report}`,
      ];
      const suite = [
        "--provider=skeleton",
        `--kubeconfig=${kubeconfig}`,
        `--kubectl-path=${kubectl}`,
        "--disable-log-dump",
      ];
      try {
        await runLogged(join(programs, "ginkgo"), [...ginkgo, join(programs, "e2e.test"), "--", ...suite], {
          log,
          onLine: (line) => progress.read(line),
        });
      } catch (error) {
        if (!isActionable(error) || !existsSync(report)) throw error;
      }
    });
    return resultsIn(json);
  }
}

/** Counts the tests that Ginkgo says have ended. */
export class Progress {
  readonly #tell: (ended: number, failed: number) => void;
  #ended = 0;
  #failed = 0;

  constructor(tell: (ended: number, failed: number) => void) {
    this.#tell = tell;
  }

  read(line: string): void {
    if (!/^• (\[\w+\] )?\[[\d.]+ seconds\]/.test(line)) return;
    this.#ended += 1;
    if (line.startsWith("• [FAILED]")) this.#failed += 1;
    this.#tell(this.#ended, this.#failed);
  }
}

/** A regular expression of Go's that takes tests of these names and no others. Before a name stands the suite's own. */
export function oneOf(names: readonly string[]): string {
  return `(?:${names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join("|")})$`;
}

/** Gives `work` the name of a file, and returns what was written to it. */
async function withReport(work: (report: string) => Promise<void>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-conformance-"));
  try {
    const report = join(folder, "report.json");
    await work(report);
    return readFileSync(report, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
