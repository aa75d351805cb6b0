import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { isActionable, UserError } from "../../toolchain/errors.ts";
import { guildnetHome } from "../../toolchain/home.ts";
import { openLog } from "../../toolchain/log.ts";
import { runSteps } from "../../toolchain/progress.ts";
import { PROJECT_ROOT } from "../../toolchain/project.ts";
import { conformance } from "../../toolchain/tools/conformance.ts";
import { toolsNamed } from "../../toolchain/tools/index.ts";
import { requireTools } from "../../toolchain/tools/require-tools.ts";
import { VERSIONS } from "../../toolchain/versions.ts";
import { Cluster } from "./cluster.ts";
import { document, type Findings, missing, unexplained } from "./document.ts";
import { EXCLUDED, FAILING } from "./explained.ts";
import { GROUPS, groupOf } from "./groups.ts";
import { KeptResults } from "./results.ts";
import { Suite } from "./suite.ts";

/** After so many tests their results are kept, whatever ends the run. */
const PIECE = 30;
const PAGE = "docs/conformance.md";
const GROUP_NAMES = GROUPS.map(({ name }) => name);

interface Options {
  readonly focus?: RegExp;
  readonly resume?: boolean;
  readonly keep?: boolean;
  readonly procs: number;
  readonly apiPort: number;
}

await new Command("npm run conformance --")
  .description(
    `Runs Kubernetes' own tests on a cluster made for them, which is removed at the end, and writes ${PAGE}.`,
  )
  .argument(
    "[groups...]",
    `which of them: ${GROUP_NAMES.join(", ")}; all by default`,
    (name: string, all: readonly string[] | undefined) => [...(all ?? []), known(name)],
  )
  .option("--focus <expression>", "only tests whose names it is found in", (text: string) => new RegExp(text))
  .option("--resume", "only what has not passed yet in the runs before, which are kept below GUILDNET_HOME")
  .option("--keep", "leave the cluster for the next run")
  .option("--procs <number>", "how many tests run at once", wholeNumber, 4)
  .option("--api-port <port>", "where this machine reaches the cluster's API server", wholeNumber, 28191)
  .action(async (groups: readonly string[], options: Options) => {
    try {
      await main(groups.length === 0 ? GROUP_NAMES : groups, options);
    } catch (error) {
      if (!isActionable(error)) throw error;
      process.stderr.write(`\n${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();

async function main(groups: readonly string[], options: Options): Promise<void> {
  const home = guildnetHome(),
    log = openLog(home, "conformance");
  const { kubernetes, conformance: programs } = await requireTools([...toolsNamed(["kubernetes"]), conformance]);
  if (kubernetes === undefined || programs === undefined)
    throw new UserError("conformance-no-tools", "The suite's programs are not there.");
  const cluster = new Cluster(home, options.apiPort, log);
  const suite = new Suite({
    programs: join(programs.path, "bin"),
    kubectl: join(kubernetes.path, "bin", "kubectl"),
    kubeconfig: cluster.kubeconfig,
    log,
  });
  const kept = new KeptResults(join(home.root, "conformance", `${VERSIONS.kubernetes.version}.json`));
  const tests = await suite.tests();
  assertKnown([...Object.keys(EXCLUDED), ...Object.keys(FAILING)], tests);
  const wanted = tests.filter(
    (test) =>
      groups.includes(groupOf(test)) &&
      EXCLUDED[test] === undefined &&
      options.focus?.test(test) !== false &&
      !(options.resume === true && kept.all.get(test)?.passed === true),
  );
  if (wanted.length > 0) await onCluster(cluster, suite, kept, wanted, options);
  else if (tests.some((test) => EXCLUDED[test] === undefined && !kept.all.has(test)))
    throw new UserError("conformance-nothing-to-run", "None of the tests that are left to run is asked for.");
  conclude(
    { kubernetes: VERSIONS.kubernetes.version, tests, results: kept.all, excluded: EXCLUDED, failing: FAILING },
    wanted,
    log.file,
  );
}

/** Makes the cluster, runs the tests group by group, and removes the cluster however that went. */
async function onCluster(
  cluster: Cluster,
  suite: Suite,
  kept: KeptResults,
  wanted: readonly string[],
  { procs, keep, resume }: Options,
): Promise<void> {
  if (resume !== true) kept.forget(wanted);
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  // Ginkgo gets the signal as well, and ends what it runs; without a listener this process would go before it.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const groups = GROUP_NAMES.map((name) => ({ name, tests: wanted.filter((test) => groupOf(test) === name) })).filter(
    ({ tests }) => tests.length > 0,
  );
  const runGroup = async (tests: readonly string[], report: (activity: string) => void): Promise<void> => {
    for (let start = 0; start < tests.length && !isInterrupted; start += PIECE) {
      const onProgress = (ended: number, failed: number): void =>
        report(`${start + ended} of ${tests.length} ended, ${failed} failed of late`);
      kept.add(await suite.run(tests.slice(start, start + PIECE), { atOnce: procs, onProgress }));
    }
    const failed = tests.filter((test) => kept.all.get(test)?.passed === false);
    if (isInterrupted || failed.length === 0) return;
    kept.add(
      await suite.run(failed, {
        atOnce: 1,
        onProgress: (ended, again) =>
          report(`once more, of those that failed: ${ended} of ${failed.length} ended, ${again} failed`),
      }),
    );
  };
  try {
    await runSteps([{ title: "a cluster for the tests", run: () => cluster.up() }], 1);
    for (const { name, tests } of groups) {
      if (!isInterrupted)
        await runSteps([{ title: `${name}: ${tests.length} tests`, run: (report) => runGroup(tests, report) }], 1);
    }
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    if (keep !== true) await runSteps([{ title: "removing the cluster", run: () => cluster.remove() }], 1);
  }
  if (isInterrupted)
    throw new UserError(
      "conformance-interrupted",
      "Interrupted. What was run is kept: --resume goes on with the rest.",
    );
}

/** Writes the page, and says how the run went. */
function conclude(findings: Findings, wanted: readonly string[], logFile: string): void {
  writeFileSync(join(PROJECT_ROOT, PAGE), document(findings));
  const failed = wanted.filter((test) => findings.results.get(test)?.passed !== true);
  process.stdout.write(`\n${wanted.length - failed.length} of ${wanted.length} passed.\n`);
  for (const test of failed) process.stdout.write(`  ${test}\n`);
  const open = missing(findings),
    unknown = unexplained(findings);
  process.stdout.write(
    `${PAGE} has the results of all runs${open.length > 0 ? `; ${open.length} tests were not run yet, --resume runs them` : ""}.\n`,
  );
  if (unknown.length > 0)
    process.stdout.write(
      `${unknown.length} failed and nothing says why: tests/conformance/explained.ts. All that was said: ${logFile}\n`,
    );
  if (open.length > 0 || unknown.length > 0) process.exitCode = 1;
}

/** @throws UserError where something is said of a test that there is not */
function assertKnown(named: readonly string[], tests: readonly string[]): void {
  const unknown = named.filter((name) => !tests.includes(name));
  if (unknown.length > 0)
    throw new UserError(
      "conformance-unknown-test",
      `tests/conformance/explained.ts names what is no test of the suite:\n  ${unknown.join("\n  ")}`,
    );
}

function known(name: string): string {
  if (!GROUP_NAMES.includes(name))
    throw new InvalidArgumentError(`there is no ${JSON.stringify(name)}; there are ${GROUP_NAMES.join(", ")}`);
  return name;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65535)
    throw new InvalidArgumentError("a whole number from 1 to 65535");
  return number;
}
