import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { KeptResults, merged, namesIn, resultsIn } from "./results.ts";

const spec = (LeafNodeText: string, State: string, Message?: string, LeafNodeType = "It") => ({
  ContainerHierarchyTexts: LeafNodeType === "It" ? ["[sig-x] Thing"] : null,
  LeafNodeType,
  LeafNodeText,
  State,
  ...(Message === undefined ? {} : { Failure: { Message } }),
});
const report = (...SpecReports: object[]): string =>
  JSON.stringify([{ SuiteDescription: "Kubernetes e2e suite", SpecReports }]);

it("takes from a rehearsal the tests that were chosen, and no set-up", () => {
  expect(
    namesIn(
      report(
        spec("", "passed", undefined, "SynchronizedBeforeSuite"),
        spec("works", "passed"),
        spec("is slow", "skipped"),
      ),
    ),
  ).toEqual(["[sig-x] Thing works"]);
  expect(namesIn(JSON.stringify([{ SpecReports: null }]))).toEqual([]);
});

it("has a result of each test that was run to its end", () => {
  const json = report(
    spec("works", "passed"),
    spec("breaks", "failed", "no such pod"),
    spec("hangs", "timedout", "too long"),
    spec("was not chosen", "skipped"),
    spec("was cut off", "interrupted", "interrupted by user"),
  );
  expect(Object.fromEntries(resultsIn(json))).toEqual({
    "[sig-x] Thing works": { passed: true, failures: [] },
    "[sig-x] Thing breaks": { passed: false, failures: ["no such pod"] },
    "[sig-x] Thing hangs": { passed: false, failures: ["too long"] },
  });
});

it("counts a test that skips itself as failed: the cluster lacks what it needs", () => {
  expect(
    resultsIn(report(spec("needs two", "skipped", "Requires at least 2 nodes"))).get("[sig-x] Thing needs two"),
  ).toEqual({ passed: false, failures: ["Requires at least 2 nodes"] });
});

it("keeps what a test said that passed only when it was run again", () => {
  const before = new Map([
    ["a", { passed: false, failures: ["first"] }],
    ["b", { passed: true, failures: [] }],
  ]);
  expect(Object.fromEntries(merged(before, new Map([["a", { passed: true, failures: [] }]])))).toEqual({
    a: { passed: true, failures: ["first"] },
    b: { passed: true, failures: [] },
  });
  expect(merged(before, new Map([["a", { passed: false, failures: ["second"] }]])).get("a")).toEqual({
    passed: false,
    failures: ["first", "second"],
  });
});

it("finds the results of earlier runs, until tests are run anew", () => {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-results-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "kept", "results.json");
  new KeptResults(file).add(
    new Map([
      ["a", { passed: false, failures: ["why"] }],
      ["b", { passed: true, failures: [] }],
    ]),
  );
  expect([...new KeptResults(file).all.keys()]).toEqual(["a", "b"]);
  new KeptResults(file).forget(["a", "c"]);
  expect([...new KeptResults(file).all.keys()]).toEqual(["b"]);
});
