import { expect, it } from "vitest";
import { document, type Findings, missing, unexplained } from "./document.ts";

const [passes, late, fails, left, odd] = [
  "[sig-apps] Job runs",
  "[sig-apps] Job runs late",
  "[sig-node] Pods fail",
  "[sig-node] Pods need two",
  "[sig-network] Netpol <odd> | name",
];
const findings: Findings = {
  kubernetes: "1.2.3",
  tests: [passes, late, fails, left, odd],
  results: new Map([
    [passes, { passed: true, failures: [] }],
    [late, { passed: true, failures: ["was\n  too slow"] }],
    [fails, { passed: false, failures: ["first", `${"x".repeat(400)} last`] }],
    [odd, { passed: true, failures: [] }],
  ]),
  excluded: { [left]: "there is one node" },
  failing: { [fails]: "it has to" },
};

it("counts group by group, and all of them", () => {
  const page = document(findings);
  expect(page).toContain("| policies | 1 | 1 | 0 | 0 | 0 |");
  expect(page).toContain("| apps | 2 | 1 | 1 | 0 | 0 |");
  expect(page).toContain("| node | 2 | 0 | 0 | 1 | 1 |");
  expect(page).toContain("| **all** | 5 | 2 | 1 | 1 | 1 |");
});

it("says of each test that did not pass at once what it said, or why it was not run", () => {
  const page = document(findings);
  expect(page).toMatch(/## Failed[^]*\| \\\[sig-node\\\] Pods fail \| … x+ last \| it has to \|/);
  expect(page).toMatch(/## Passed only when run again[^]*\| \\\[sig-apps\\\] Job runs late \| was too slow \|/);
  expect(page).toMatch(/## Not run[^]*\| \\\[sig-node\\\] Pods need two \| there is one node \|/);
  expect(document({ ...findings, tests: [passes, odd] })).not.toContain("##");
});

it("knows which tests have no result yet, and which failures nobody has explained", () => {
  expect(missing(findings)).toEqual([]);
  expect(missing({ ...findings, excluded: {} })).toEqual([left]);
  expect(document(findings)).not.toContain("have not been run yet");
  expect(document({ ...findings, excluded: {} })).toContain("1 of 5 tests have not been run yet");
  expect(unexplained(findings)).toEqual([]);
  expect(unexplained({ ...findings, failing: {} })).toEqual([fails]);
});

it("calls a test that is left out now not run, whatever it did before", () => {
  expect(document({ ...findings, excluded: { [left]: "one", [fails]: "two" }, failing: {} })).toContain(
    "| **all** | 5 | 2 | 1 | 0 | 2 |",
  );
});
