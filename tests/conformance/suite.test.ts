import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { guildnetHome } from "../../toolchain/home.ts";
import { openLog } from "../../toolchain/log.ts";
import { groupOf } from "./groups.ts";
import { oneOf, Progress, Suite } from "./suite.ts";

const name = "[sig-x] Thing works";

/** A suite of one test. @param ends how a run of it ends, and what it leaves in its report */
function suiteThat({ ends, state }: { ends: number; state?: string }): Suite {
  const folder = mkdtempSync(join(tmpdir(), "guildnet-suite-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const spec = { ContainerHierarchyTexts: ["[sig-x] Thing"], LeafNodeType: "It", LeafNodeText: "works", State: state };
  const report =
    state === undefined
      ? []
      : [
          `const [report] = process.argv.flatMap((arg) => /json-report=(.*)/.exec(arg)?.slice(1) ?? []);`,
          `require("node:fs").writeFileSync(report, ${JSON.stringify(JSON.stringify([{ SpecReports: [spec] }]))});`,
        ];
  const program = [
    "#!/usr/bin/env node",
    ...report,
    'console.log("• [FAILED] [0.1 seconds]");',
    `process.exitCode = ${ends};`,
  ].join("\n");
  for (const file of ["ginkgo", "e2e.test"]) writeFileSync(join(folder, file), program, { mode: 0o755 });
  return new Suite({
    programs: folder,
    kubectl: "kubectl",
    kubeconfig: "kubeconfig",
    log: openLog(guildnetHome({ GUILDNET_HOME: folder }), "suite"),
  });
}

const quietly = { atOnce: 1, onProgress: () => {} };

it("asks the suite which tests it would run", async () => {
  expect(await suiteThat({ ends: 0, state: "passed" }).tests()).toEqual([name]);
});

it("takes failed tests for results, and what a run that was ended had until then", async () => {
  expect((await suiteThat({ ends: 1, state: "failed" }).run([name], quietly)).get(name)?.passed).toBe(false);
  expect(await suiteThat({ ends: 130, state: "interrupted" }).run([name], quietly)).toEqual(new Map());
});

it("does not take a run for one without failures that brought no report", async () => {
  await expect(suiteThat({ ends: 1 }).run([name], quietly)).rejects.toThrow(/ginkgo failed/);
  await expect(suiteThat({ ends: 0 }).run([name], quietly)).rejects.toThrow(/ENOENT/);
});

it("chooses tests by their whole names, whatever stands in them", () => {
  const names = ["[sig-x] A (one) should *work* [Conformance]", "[sig-x] B.C"];
  const chosen = new RegExp(oneOf(names));
  for (const name of names) expect(`Kubernetes e2e suite ${name}`).toMatch(chosen);
  for (const other of ["[sig-x] A (one) should *work* [Conformance] more", "[sig-x] BxC"])
    expect(`Kubernetes e2e suite ${other}`).not.toMatch(chosen);
});

it("counts what Ginkgo says has ended", () => {
  const told: string[] = [];
  const progress = new Progress((ended, failed) => told.push(`${ended}/${failed}`));
  for (const line of [
    "• [5.123 seconds]",
    "[sig-x] Thing works",
    "• [FAILED] [300.1 seconds]",
    "a pod says • hello",
    "• [2 seconds]",
  ])
    progress.read(line);
  expect(told).toEqual(["1/0", "2/1", "3/1"]);
});

it("puts each test into one group", () => {
  expect(groupOf("[sig-network] Netpol NetworkPolicy should deny")).toBe("policies");
  expect(groupOf("[sig-network] Services should serve")).toBe("network");
  expect(groupOf("[sig-scheduling] LimitRange should")).toBe("others");
});
