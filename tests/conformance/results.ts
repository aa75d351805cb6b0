import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../toolchain/atomic-file.ts";

/** What became of one test: what it said each time that it failed, and whether it has passed since. */
export interface Result {
  readonly passed: boolean;
  readonly failures: readonly string[];
}

/** By the test's whole name. */
export type Results = ReadonlyMap<string, Result>;

/** As much of Ginkgo's report as counts here: https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report */
const report = z.array(
  z.object({
    SpecReports: z
      .array(
        z.object({
          ContainerHierarchyTexts: z.array(z.string()).nullable(),
          LeafNodeType: z.string(),
          LeafNodeText: z.string(),
          State: z.string(),
          Failure: z.object({ Message: z.string().default("") }).optional(),
        }),
      )
      .nullable(),
  }),
);

/** States of a test that was not run, or not to its end; `passed` is none of them, and all others are failures. */
const UNDECIDED = new Set(["", "pending", "interrupted", "aborted"]);

/** The tests that a rehearsal chose: there they pass, and all others are skipped. */
export function namesIn(json: string): string[] {
  return testsIn(json)
    .filter(({ state }) => state === "passed")
    .map(({ name }) => name);
}

/** What a report says of those that were run to their end. One that skips itself says what the cluster lacks, and counts as failed. */
export function resultsIn(json: string): Results {
  const decided = testsIn(json).filter(({ state, message }) =>
    state === "skipped" ? message !== "" : !UNDECIDED.has(state),
  );
  return new Map(
    decided.map(({ name, state, message }) => [
      name,
      { passed: state === "passed", failures: state === "passed" ? [] : [message] },
    ]),
  );
}

function testsIn(json: string): { name: string; state: string; message: string }[] {
  const specs = report.parse(JSON.parse(json)).flatMap(({ SpecReports }) => SpecReports ?? []);
  return specs
    .filter(({ LeafNodeType }) => LeafNodeType === "It")
    .map(({ ContainerHierarchyTexts, LeafNodeText, State, Failure }) => ({
      name: [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(" "),
      state: State,
      message: Failure?.Message ?? "",
    }));
}

/** Earlier results with those of a run after them: a test that failed and then passed keeps what it said. */
export function merged(before: Results, after: Results): Results {
  const both = new Map(before);
  for (const [name, { passed, failures }] of after)
    both.set(name, { passed, failures: [...(before.get(name)?.failures ?? []), ...failures] });
  return both;
}

const kept = z.record(z.string(), z.strictObject({ passed: z.boolean(), failures: z.array(z.string()) }));

/** Results that outlive a run, so that one that was cut off is gone on with. */
export class KeptResults {
  readonly #file: string;
  #results: Results;

  constructor(file: string) {
    this.#file = file;
    this.#results = existsSync(file)
      ? new Map(Object.entries(kept.parse(JSON.parse(readFileSync(file, "utf8")))))
      : new Map();
  }

  get all(): Results {
    return this.#results;
  }

  add(results: Results): void {
    this.#keep(merged(this.#results, results));
  }

  forget(names: readonly string[]): void {
    const gone = new Set(names);
    this.#keep(new Map([...this.#results].filter(([name]) => !gone.has(name))));
  }

  #keep(results: Results): void {
    this.#results = results;
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileAtomic(this.#file, JSON.stringify(Object.fromEntries(results)));
  }
}
