import { GROUPS, groupOf } from "./groups.ts";
import type { Result, Results } from "./results.ts";

export interface Findings {
  readonly kubernetes: string;
  /** All tests that were chosen. */
  readonly tests: readonly string[];
  readonly results: Results;
  /** Name → why it was not run. */
  readonly excluded: Readonly<Record<string, string>>;
  /** Name → why it fails. */
  readonly failing: Readonly<Record<string, string>>;
}

/** Longest part of a test's words that goes into a table. */
const WORDS = 300;

/** Tests of which there is no result yet. */
export function missing({ tests, results, excluded }: Findings): string[] {
  return tests.filter((test) => !results.has(test) && excluded[test] === undefined);
}

/** Tests that fail, and nobody has said why. */
export function unexplained({ tests, results, failing }: Findings): string[] {
  return tests.filter((test) => results.get(test)?.passed === false && failing[test] === undefined);
}

/** What the suite says of the product's cluster, as a page. */
export function document(findings: Findings): string {
  const { kubernetes, tests, results, excluded, failing } = findings;
  const resultOf = (test: string): Result | undefined => (excluded[test] === undefined ? results.get(test) : undefined);
  const failed = tests.filter((test) => resultOf(test)?.passed === false),
    ahead = missing(findings).length;
  const late = tests.filter((test) => isLate(resultOf(test)));
  return (
    [
      "# Kubernetes' own tests on the embedded cluster",
      `The suite is Kubernetes' own, ${kubernetes}, unchanged: every test that a conformant cluster has to pass, but for those that need the cluster for themselves or take its nodes away (*Serial*, *Disruptive*), and every test of NetworkPolicy but for SCTP. ` +
        "It ran on a cluster of one node as `EmbeddedCluster` makes it, with `Storage` on it. `npm run conformance` writes this page.",
      "Where the tests' own images could not be pulled, their programs were built from the suite's sources, on Debian's busybox, nginx and tools. A test that fails is run once more, with nothing beside it.",
      ahead === 0
        ? ""
        : `${ahead} of ${tests.length} tests have not been run yet; \`npm run conformance -- --resume\` runs them.`,
      countTable(tests, resultOf),
      section(
        "Failed",
        ["test", "what it said", "why"],
        failed.map((test) => [test, lastWords(resultOf(test)), failing[test] ?? "not known yet"]),
      ),
      section(
        "Passed only when run again",
        ["test", "what it said before"],
        late.map((test) => [test, lastWords(resultOf(test))]),
      ),
      section(
        "Not run",
        ["test", "why"],
        tests.flatMap((test) => (excluded[test] === undefined ? [] : [[test, excluded[test]]])),
      ),
    ]
      .filter((part) => part !== "")
      .join("\n\n") + "\n"
  );
}

/** What a count is shown under, and of which tests it is. */
type Column = readonly [title: string, counts: (result: Result | undefined) => boolean];

const COLUMNS: readonly Column[] = [
  ["tests", () => true],
  ["passed at once", (result) => result?.passed === true && !isLate(result)],
  ["passed when run again", isLate],
  ["failed", (result) => result?.passed === false],
  ["not run", (result) => result === undefined],
];

function countTable(tests: readonly string[], resultOf: (test: string) => Result | undefined): string {
  const row = (name: string, some: readonly string[]): string[] => [
    name,
    ...COLUMNS.map(([, counts]) => String(some.filter((test) => counts(resultOf(test))).length)),
  ];
  const groups = GROUPS.map(({ name }) =>
    row(
      name,
      tests.filter((test) => groupOf(test) === name),
    ),
  );
  return table(["", ...COLUMNS.map(([title]) => title)], [...groups, row("**all**", tests)]);
}

function isLate(result: Result | undefined): boolean {
  return result?.passed === true && result.failures.length > 0;
}

/** The end of what it said last, on one line: what was found wrong comes after what was looked at. */
function lastWords(result: Result | undefined): string {
  const words = (result?.failures.at(-1) ?? "").replaceAll(/\s+/g, " ").trim();
  return words.length > WORDS ? `… ${words.slice(-WORDS)}` : words;
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `## ${title}\n\n${table(head, rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** As plain words in a table of Markdown. Our own emphasis is kept. */
function escaped(cell: string): string {
  return cell.replaceAll(/[|<[\]]/g, String.raw`\$&`);
}
