import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSIONS } from "../versions.ts";
import { toolNames } from "./index.ts";
import { SCANNERS } from "./scanners.ts";

const text = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

test("what is locked is what the versions say", () => {
  expect(text("python/checkov/requirements.txt")).toContain(
    `\ncheckov==${VERSIONS.checkov.version} \\\n    --hash=sha256:`,
  );
  expect(text("go/kube-score/go.mod")).toContain(`\tgithub.com/zegl/kube-score v${VERSIONS["kube-score"].version} `);
  const library = VERSIONS.kubernetes.version.replace(/^1/, "0");
  for (const module of ["apimachinery", "client-go", "pod-security-admission"])
    expect(text("go/pod-security/go.mod")).toContain(`\tk8s.io/${module} v${library}\n`);
});

test("every package of checkov is locked by version and hash", () => {
  const packages = text("python/checkov/requirements.txt").split(/\n(?=[a-z])/);
  expect(packages.length).toBeGreaterThan(50);
  for (const entry of packages)
    expect(entry).toMatch(/^[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+ \\\n( {4}--hash=sha256:[0-9a-f]{64}( \\)?\n?)+$/);
});

test("scanners are no tools that anything but their test asks for", () => {
  for (const { name } of SCANNERS) expect(toolNames).not.toContain(name);
});
