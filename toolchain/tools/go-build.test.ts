import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { useScratch } from "../testing/scratch.ts";
import { goBuild } from "./go-build.ts";

const scratch = useScratch();
afterEach(() => vi.unstubAllEnvs());

/** A `go` that says so of each of its verbs. */
function withGo(verbs: Readonly<Record<string, string>>) {
  const cases = Object.entries({ version: "true", ...verbs }).map(([verb, does]) => `${verb}) ${does} ;;`);
  writeFileSync(join(scratch.path, "go"), ["#!/bin/sh", 'case "$1" in', ...cases, "esac", ""].join("\n"), {
    mode: 0o755,
  });
  vi.stubEnv("PATH", `${scratch.path}${delimiter}${process.env["PATH"]}`);
  let logged = "";
  const reports: string[] = [];
  const log = { file: "the log", write: (text: string) => void (logged += text), tail: () => logged };
  const program = { module: "talos-runc", command: ".", variables: {}, output: join(scratch.path, "program") };
  return { reports, built: goBuild(program, { home: scratch.home, log, report: (line) => void reports.push(line) }) };
}

it("tells which modules come, then what is compiled", async () => {
  const { reports, built } = withGo({
    list: "echo 'go: downloading example.org/one v1.0.0' >&2",
    build: "echo example.org/one >&2",
  });
  await built;
  expect(reports).toEqual([
    "fetching modules",
    "go: downloading example.org/one v1.0.0",
    "compiling",
    "example.org/one",
  ]);
});

it.each([
  ["modules can't be had", { list: "echo 'dial tcp: no such host' >&2; exit 1" }, "no such host"],
  ["nothing comes of what is compiled", { list: "true", build: "echo 'undefined: x' >&2; exit 2" }, "undefined: x"],
])("says in Go's own words that %s, for a person", async (_, verbs, words) => {
  await expect(withGo(verbs).built).rejects.toMatchObject({
    code: "command-failed",
    message: expect.stringContaining(words),
  });
});
