import { appendFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends the run with one line that a machine can read. A file that could not be run counts as a failure. Where runs
 * beside each other make up one, GUILDNET_TEST_COUNTS names a file that gets the counts of each, a line of JSON.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const counts = { passed: count("passed"), failed: count("failed") + broken, skipped: count("skipped") };
    const file = process.env.GUILDNET_TEST_COUNTS;
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
