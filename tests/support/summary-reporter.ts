import type { Reporter, TestModule } from "vitest/node";

/** Ends the run with one line that a machine can read. A file that could not be run counts as a failure. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    process.stdout.write(`\n${count("passed")} passed, ${count("failed") + broken} failed, ${count("skipped")} skipped\n`);
  }
}
